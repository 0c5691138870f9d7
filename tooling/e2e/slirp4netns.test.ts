// slirp4netns, as Podman and rootlesskit call it, and as its own test scripts do.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from './guest.ts';
import { gone, Namespace, SLIRP4NETNS, Slirp4netns, until } from './namespace.ts';
import { freePort, hashOf, http, type Server } from './servers.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('socat', 'wget', 'busybox', 'ping');
/** Some 20 MB. */
const BLOCKS = 300;
const MEGABYTES_20 = Buffer.alloc(20_000_000, 'reslirp ');

describe.skipIf(why !== null)(`slirp4netns${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 's4n-'));
  const api = join(directory, 'api.sock');
  let web: Server;
  let guest: Namespace;
  let program: Slirp4netns | null = null;

  beforeAll(async () => {
    web = await http();
  });
  afterAll(() => {
    web?.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    guest = await Namespace.make();
  });
  afterEach(async () => {
    await program?.stop();
    program = null;
    guest.remove();
  });

  const serve = async (...args: readonly string[]): Promise<Slirp4netns> => {
    program = await Slirp4netns.serve([...args, String(guest.pid), 'tap0']);
    return program;
  };
  /** The SHA-256 of so many blocks from a server of this machine. */
  const fetched = async (blocks: number): Promise<string> =>
    (await guest.sh(`wget -q -T 3 -t 1 -O - http://10.0.2.2:${web.port}/blocks/${blocks} | sha256sum`)).slice(0, 64);
  const ask = (request: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const socket = connect(api);
      let text = '';
      socket.on('data', (some) => (text += some));
      socket.on('end', () => resolve(JSON.parse(text)));
      socket.on('error', reject);
      socket.write(request);
    });

  test('-c: up, with address, route, MTU and MAC, and the host is at the gateway', async () => {
    const { out } = await serve('-c', '--mtu=9000', '--macaddress', '0e:d4:18:d9:38:fb');
    const told = await guest.sh('ip a; ip r');
    expect(told).toContain('inet 10.0.2.100/24');
    expect(told).toContain('mtu 9000');
    expect(told).toContain('ether 0e:d4:18:d9:38:fb');
    expect(told).toContain('default via 10.0.2.2 dev tap0');
    expect(told).toMatch(/lo: <LOOPBACK,UP/);
    expect(out).toContain('* Recommended IP:  10.0.2.100');
    expect(await fetched(BLOCKS)).toBe(hashOf(BLOCKS));
  });

  test('without -c: a TAP that is down, and an address by DHCP for who asks', async () => {
    await serve();
    expect(await guest.sh('ip link show tap0')).toContain('state DOWN');
    await guest.sh('ip link set lo up; ip link set tap0 up');
    const asked = await guest.sh('busybox udhcpc -i tap0 -q -n -t 5 -T 1 -s /bin/true 2>&1');
    expect(asked).toContain('lease of 10.0.2.15 obtained from 10.0.2.2');
  });

  test('--cidr moves everything, and says what is none', async () => {
    await serve('-c', '--cidr', '10.0.135.128/25');
    expect(await guest.sh('ip a; ip r')).toMatch(/inet 10\.0\.135\.228\/25[\s\S]*default via 10\.0\.135\.130/);
    for (const [cidr, complaint] of [
      ['24', 'invalid CIDR'],
      ['foo', 'invalid CIDR'],
      ['10.0.2.0', 'invalid CIDR'],
      ['10.0.2.100/24', 'CIDR needs to be a network address like 10.0.2.0/24, not like 10.0.2.100/24'],
      ['10.0.2.100/26', 'prefix length needs to be 1-25'],
    ] as const) {
      const { code, err } = await run([...SLIRP4NETNS, '-c', '--cidr', cidr, String(guest.pid), 'tap1']);
      expect([code, err]).toEqual([1, expect.stringContaining(complaint)]);
    }
  });

  test('--disable-host-loopback: the network is unreachable, and the gateway still answers a ping', async () => {
    await serve('-c', '--disable-host-loopback');
    expect(await guest.sh('ping -c 1 -W 2 10.0.2.2')).toContain(' 0% packet loss');
    const refused = await guest.sh(`socat -u /dev/null tcp:10.0.2.2:${web.port}`);
    expect(refused).toContain('Network is unreachable');
  });

  test('--disable-dns: nobody is at the nameserver, not even somebody who refuses', async () => {
    await serve('-c', '--disable-dns');
    const { code, err, took } = await guest.run(['socat', '-u', '/dev/null', 'tcp:10.0.2.3:53,connect-timeout=1']);
    expect([code, err]).toEqual([1, expect.stringMatching(/timed out/i)]);
    expect(took).toBeGreaterThan(900);
  });

  test('--exit-fd: the end of the pipe is the end of the program, and of the interface', async () => {
    program = new Slirp4netns(['-c', '-r', '3', '-e', '4', String(guest.pid), 'tap0']);
    await until('ready', () => program!.ready === '1');
    program.closeExitPipe();
    expect(await program.ended()).toBe(0);
    expect(await guest.sh('ip link show tap0')).toContain('does not exist');
  });

  test('killed: nothing of it is left', async () => {
    await serve('-c');
    program!.child.kill('SIGKILL');
    await program!.ended();
    expect(await guest.sh('ip link show tap0')).toContain('does not exist');
    await serve('-c');
    expect(await fetched(1)).toBe(hashOf(1));
  });

  test('the API: its words for what it does not understand', async () => {
    await serve('-c', '--api-socket', api);
    const bad = (text: string): object => ({ error: { desc: `bad request: ${text}` } });
    expect(await ask('badjson\n')).toEqual(bad('cannot parse JSON'));
    expect(await ask('[]')).toEqual(bad('json_object() failed'));
    expect(await ask('{"unexpectedjson": 42}')).toEqual(bad('no execute found'));
    expect(await ask('{"execute": "bad"}')).toEqual(bad('unknown execute'));
    expect(await ask('x'.repeat(100_000))).toEqual(bad('too large message'));
    const add = (fields: object): Promise<unknown> =>
      ask(
        JSON.stringify({
          execute: 'add_hostfwd',
          arguments: { proto: 'tcp', host_port: 1, guest_port: 80, ...fields },
        }),
      );
    expect(await add({ proto: 'tcp6' })).toEqual(bad('add_hostfwd: bad arguments.proto'));
    expect(await add({ proto: undefined })).toEqual(bad('add_hostfwd: bad arguments.proto'));
    expect(await add({ host_addr: '::1' })).toEqual(bad('add_hostfwd: bad arguments.host_addr'));
    expect(await add({ host_port: 0 })).toEqual(bad('add_hostfwd: bad arguments.host_port'));
    expect(await add({ host_port: 65_536 })).toEqual(bad('add_hostfwd: bad arguments.host_port'));
    expect(await add({ guest_addr: 'guest' })).toEqual(bad('add_hostfwd: bad arguments.guest_addr'));
    expect(await add({ guest_port: 'http' })).toEqual(bad('add_hostfwd: bad arguments.guest_port'));
    expect(await add({ host_addr: '192.0.2.1' })).toEqual(bad('add_hostfwd: slirp_add_hostfwd failed'));
    expect(await ask('{"execute": "remove_hostfwd", "arguments": {"id": 7}}')).toEqual(
      bad('remove_hostfwd: bad arguments.id'),
    );
  });

  test('the API: forwards of TCP and UDP carry, are listed, and go', async () => {
    await serve('-c', '--disable-host-loopback', '--api-socket', api);
    guest.start(['socat', 'tcp-listen:80,reuseaddr,fork', 'exec:cat']);
    guest.start(['socat', 'udp-listen:81,fork', 'exec:cat']);
    const [tcp, udp, closed] = [await freePort(), await freePort(), await freePort()];
    const add = (proto: string, hostPort: number, guestPort: number): Promise<unknown> =>
      ask(
        `{"execute":"add_hostfwd","arguments":{"proto":"${proto}","host_addr":"127.0.0.1","host_port":${hostPort},"guest_addr":"","guest_port":${guestPort}}}\n`,
      );
    expect(await add('tcp', tcp, 80)).toEqual({ return: { id: 1 } });
    expect(await add('udp', udp, 81)).toEqual({ return: { id: 2 } });
    expect(await add('tcp', closed, 99)).toEqual({ return: { id: 3 } });
    expect(await ask('{"execute": "list_hostfwd"}')).toMatchObject({
      entries: [
        { id: 1, proto: 'tcp', host_addr: '127.0.0.1', host_port: tcp, guest_addr: '10.0.2.100', guest_port: 80 },
        { id: 2, proto: 'udp' },
        { id: 3 },
      ],
      return: { entries: [{ id: 1 }, { id: 2 }, { id: 3 }] },
    });
    expect(await echoed(tcp, MEGABYTES_20)).toBe('same');
    const answer = await run(['socat', '-t1', '-', `udp:127.0.0.1:${udp}`], 5_000, 'datagram');
    expect(answer.out).toBe('datagram');
    expect(await echoed(closed, MEGABYTES_20)).toBe('ECONNRESET'); // nobody listens there, and the client knows
    expect(await ask('{"execute": "remove_hostfwd", "arguments": {"id": 1}}')).toEqual({ return: {} });
    expect(await echoed(tcp, MEGABYTES_20)).toBe('ECONNREFUSED');
  });

  test('the API socket goes with the program, and one that was left is no obstacle', async () => {
    const left = createServer().listen(api);
    await once(left, 'listening');
    await serve('--api-socket', api);
    expect(await ask('{"execute": "list_hostfwd"}')).toMatchObject({ entries: [] });
    await program!.stop();
    expect(gone(api)).toBe(true);
    left.close();
  });

  test('--netns-type=path with --userns-path', async () => {
    program = await Slirp4netns.serve([
      '--netns-type=path',
      `--userns-path=/proc/${guest.pid}/ns/user`,
      '-c',
      `/proc/${guest.pid}/ns/net`,
      'tap9',
    ]);
    expect(await guest.sh('ip a show tap9')).toContain('inet 10.0.2.100');
  });

  test('--enable-sandbox and --enable-seccomp hold for every thread, and the network works', async () => {
    await serve('-c', '--enable-sandbox', '--enable-seccomp');
    const CAP_NET_BIND_SERVICE = '0000000000000400';
    for (const set of ['CapEff', 'CapPrm', 'CapBnd']) {
      expect(new Set(program!.status(set))).toEqual(new Set([CAP_NET_BIND_SERVICE]));
    }
    expect(new Set(program!.status('NoNewPrivs'))).toEqual(new Set(['1']));
    expect(new Set(program!.status('Seccomp'))).toEqual(new Set(['2']));
    const root = `/proc/${program!.pid}/root`;
    const seen = readdirSync(root).filter((name) => existsSync(join(root, name)));
    expect(seen.sort()).toEqual(['.old', 'etc', 'run']);
    expect(readdirSync(join(root, '.old'))).toEqual([]);
    expect(() => writeFileSync(join(root, 'etc/reslirp-was-here'), '')).toThrow('EROFS');
    expect(await fetched(BLOCKS)).toBe(hashOf(BLOCKS));
  });

  test('--enable-seccomp alone', async () => {
    await serve('-c', '--enable-seccomp');
    expect(new Set(program!.status('Seccomp'))).toEqual(new Set(['2']));
    expect(await fetched(1)).toBe(hashOf(1));
  });

  test('--target-type=bess: frames in packets of a socket', async () => {
    const socket = join(directory, 'bess.sock');
    program = new Slirp4netns(['--target-type=bess', socket]);
    await until('it listens', () => existsSync(socket));
    // ARP: who has 10.0.2.2?
    const hex = 'ffffffffffff020000000001080600010800060400010200000000010a00020f0000000000000a000202';
    const asked = await run(
      [
        'sh',
        '-c',
        `printf '${hex.replaceAll(/../g, (x) => `\\${Number.parseInt(x, 16).toString(8).padStart(3, '0')}`)}' | socat -t1 - UNIX-CONNECT:${socket},type=5 | od -An -tx1`,
      ],
      5_000,
    );
    expect(asked.out.replaceAll(/\s/g, '')).toMatch(/^02000000000152550a0002020806/);
    expect(await program.ended()).toBe(0); // its only guest has left
  });

  test.each([
    [['999999999', 'tap0'], 'there is none: has its process ended?'],
    [['--netns-type=path', '/nowhere', 'tap0'], '/nowhere: ENOENT'],
    [['--netns-type=path', '/etc/passwd', 'tap0'], 'it is no network namespace'],
    [['--netns-type=tapfd', '0'], 'descriptor 0 is no TAP'],
    [['-m', '70000', '1'], "mtu: '70000' is not a whole number from 68 to 65521"],
    [['-r', '77', '1'], 'EPERM|--ready-fd|network namespace'],
    [['--bogus', '1'], "Unknown option '--bogus'"],
    [[], 'no PID or PATH'],
    [['--api-socket', `/tmp/${'x'.repeat(120)}`, 'GUEST'], 'a path of 107 bytes at most'],
    [['-c', '--outbound-addr', 'nosuchif', 'GUEST'], 'neither an IPv4 address nor an interface'],
    [['--macaddress', '02:00:00:00:00:01', 'GUEST'], '--macaddress: only together with --configure'],
  ])('%j: one line, and exit code 1', async (args, complaint) => {
    const { code, err } = await run([
      ...SLIRP4NETNS,
      ...args.map((arg) => (arg === 'GUEST' ? String(guest.pid) : arg)),
    ]);
    expect([code, err]).toEqual([1, expect.stringMatching(new RegExp(complaint.replaceAll(/[?()]/g, '\\$&')))]);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  test('a TAP of that name that is in use', async () => {
    await serve('-c');
    const { code, err } = await run([...SLIRP4NETNS, '-c', String(guest.pid), 'tap0']);
    expect([code, err]).toEqual([1, expect.stringContaining('another process has an interface of that name')]);
  });

  test('--help has what Podman and rootlesskit look for, and --version too', async () => {
    const help = await run([...SLIRP4NETNS, '--help']);
    for (const option of ['--netns-type', '--enable-ipv6', '--enable-sandbox', '--api-socket', '--cidr', '--mtu'])
      expect(help.out).toContain(option);
    expect((await run([...SLIRP4NETNS, '--version'])).out).toMatch(
      /^slirp4netns version 1\.3\.3\n[\s\S]*SLIRP_CONFIG_VERSION_MAX: \d/,
    );
  });
});

/** What becomes of bytes that an echo server gets: 'same', 'other', or the error's code. */
function echoed(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const back: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (some) => back.push(some));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EPIPE' ? 'ECONNRESET' : (error.code ?? '')),
    );
    socket.on('end', () => resolve(Buffer.concat(back).equals(bytes) ? 'same' : 'other'));
    socket.end(bytes);
  });
}
