// A plug in a real vde_switch, with guests that are in the same switch; and guests on a socket of packets.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FakeSwitch } from '../../packages/transport-vde/test/fake-switch.ts';
import { Guest, RESLIRP, run } from './guest.ts';
import { pause, until } from './namespace.ts';
import { Program } from './program.ts';
import { hashOf, http, type Server } from './servers.ts';
import { missing } from './tools.ts';
import { VdeSwitch } from './vde-switch.ts';

const why = missing('vde_switch', 'curl', 'ping', 'wget');
const BLOCKS = 256;
/** Too many to be through in a moment. */
const MANY = 4_096;
const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];

describe.skipIf(why !== null)(`VDE${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-e2e-vde-'));
  const inside = (name: string): string => join(directory, name);
  let web: Server;
  const guests: Guest[] = [];
  const programs: Program[] = [];
  const switches: VdeSwitch[] = [];

  beforeAll(async () => {
    web = await http();
  });
  afterEach(async () => {
    for (const guest of guests.splice(0)) await guest.stop();
    for (const program of programs.splice(0)) await program.stop();
    for (const one of switches.splice(0)) await one.remove();
  });
  afterAll(() => {
    web?.close();
    rmSync(directory, { recursive: true });
  });

  async function aSwitch(...args: Parameters<typeof VdeSwitch.start>): Promise<VdeSwitch> {
    const made = await VdeSwitch.start(...args);
    switches.push(made);
    return made;
  }

  async function reslirp(args: readonly string[], when: RegExp = /joined/): Promise<Program> {
    const program = await Program.start(args, when);
    programs.push(program);
    return program;
  }

  async function aGuest(url: string): Promise<Guest> {
    const guest = await Guest.joined(['vde_plug', 'tap://tap0', url]);
    guests.push(guest);
    return guest;
  }

  const fetched = (blocks: number, gateway: string = '10.0.2.2'): string =>
    `wget -q -T 20 -t 1 -O - http://${gateway}:${web.port}/blocks/${blocks} | sha256sum`;

  /** Both directions, by hash. */
  async function works(guest: Guest): Promise<void> {
    expect((await guest.sh(fetched(BLOCKS))).out).toBe(`${hashOf(BLOCKS)}  -\n`);
    const file = inside(`up${guests.indexOf(guest)}`); // guests share the file system
    const up = `head -c 16777216 /dev/urandom > ${file}; sha256sum < ${file}; curl -sS -T ${file} http://10.0.2.2:${web.port}/`;
    const [sent, received] = (await guest.sh(up)).out.split('\n');
    expect(sent).toBe(`${received}  -`);
  }

  test('a guest in the same switch: DHCP, names, both directions', async () => {
    const lan = await aSwitch();
    await reslirp(['--vde', lan.directory]);
    const guest = await aGuest(lan.url);
    expect((await guest.dhcp())['ip']).toBe('10.0.2.20');
    expect((await guest.sh('ping -c 2 -W 2 10.0.2.2')).out).toContain(' 0% packet loss');
    await works(guest);
  }, 60_000);

  test('at the largest MTU that the switch carries; a larger one is a doubt', async () => {
    const lan = await aSwitch();
    const program = await reslirp(['--vde', lan.url, '--if-mtu', '1504']);
    const guest = await aGuest(lan.url);
    await guest.sh('ip link set tap0 mtu 1504');
    await guest.dhcp();
    expect((await guest.sh('ping -c 2 -W 2 -M do -s 1476 10.0.2.2')).out).toContain(' 0% packet loss');
    await works(guest);
    expect(program.said).not.toContain('warn');
    await reslirp(['--vde', lan.url, '--if-mtu', '1505'], /warn: vde:\S+: vde_switch cuts off packets[^\n]+ is 1505\n/);
  }, 60_000);

  test('two guests: an address each, each other, and out at once', async () => {
    const lan = await aSwitch();
    await reslirp(['--vde', lan.url]);
    const [one, two] = [await aGuest(lan.url), await aGuest(lan.url)];
    const [a, b] = [(await one.dhcp())['ip'], (await two.dhcp())['ip']];
    expect([a, b].sort()).toEqual(['10.0.2.20', '10.0.2.21']);
    expect((await one.sh(`ping -c 2 -W 2 ${b}`)).out).toContain(' 0% packet loss');
    expect((await two.sh(`ping -c 2 -W 2 ${a}`)).out).toContain(' 0% packet loss');
    await Promise.all([works(one), works(two)]);
  }, 60_000);

  test('two networks in one switch, at ports of their own', async () => {
    const lan = await aSwitch();
    const first = await reslirp(['--vde', `${lan.url}[5]`]);
    const second = await reslirp([
      '--vde',
      `${lan.url}[9]`,
      '--vnetwork',
      '10.0.9.0/24',
      '--disable-dhcp',
      '--no-ipv6',
    ]);
    expect([first.said, second.said]).toEqual([
      expect.stringContaining('joined, at port 5'),
      expect.stringContaining('joined, at port 9'),
    ]);
    const guest = await aGuest(lan.url);
    await guest.dhcp();
    await guest.sh('ip addr add 10.0.9.50/24 dev tap0');
    const both = await Promise.all([guest.sh(fetched(BLOCKS)), guest.sh(fetched(BLOCKS, '10.0.9.2'))]);
    for (const { out } of both) expect(out).toBe(`${hashOf(BLOCKS)}  -\n`);
  }, 60_000);

  test('--reconnect: the switch is killed in the midst of a download, and is there again', async () => {
    const lan = await aSwitch();
    const program = await reslirp(['--vde', lan.url, '--reconnect']);
    const guest = await aGuest(lan.url);
    const { ip } = await guest.dhcp();
    const download = guest.sh(fetched(MANY), 60_000);
    await guest.until('ss -tn | grep -q ESTAB');
    await pause(100);
    await lan.kill();
    await guest.ended();
    await program.until(/the switch has gone; it is tried again/);
    await program.until(/there is no switch; it is tried again/);
    await lan.begin();
    guest.replug(['vde_plug', 'tap://tap0', lan.url]);
    await program.until(/joined[\s\S]*joined/);
    expect((await download).out).toBe(`${hashOf(MANY)}  -\n`);
    expect((await guest.dhcp('-r', ip!))['ip']).toBe(ip);
  }, 90_000);

  test('--reconnect: a switch that comes later', async () => {
    const lan = await aSwitch();
    await lan.kill();
    const program = await reslirp(['--vde', lan.url, '--reconnect'], /there is no switch; it is tried again/);
    await lan.begin();
    await program.until(/joined/);
    expect(await program.stop()).toBe(0);
  }, 30_000);

  test('a switch that goes: one line, and exit code 1; nothing is left by who was killed', async () => {
    const lan = await aSwitch();
    const program = await reslirp(['--vde', lan.url]);
    expect(lan.sockets()).toEqual([expect.stringMatching(/^001\.\d+$/), 'ctl']);
    await lan.kill();
    await program.until(/error: vde:\S+: the switch has gone\n$/);
    expect(await program.ended()).toBe(1);
    await lan.begin();
    const next = await reslirp(['--vde', lan.url]);
    process.kill(next.pid, 'SIGKILL');
    await until('the switch has noticed', () => lan.sockets().every((name) => !name.startsWith('.')));
    expect(lan.sockets().filter((name) => name.startsWith('.'))).toEqual([]);
  }, 30_000);

  test('--host node: by vde_plug', async () => {
    const lan = await aSwitch();
    const program = await reslirp(['--vde', lan.url, '--host', 'node'], /by vde_plug/);
    const guest = await aGuest(lan.url);
    await guest.dhcp();
    await works(guest);
    await lan.kill();
    await program.until(/error: vde:\S+: vde_plug/);
    expect(await program.ended()).toBe(1);
  }, 60_000);

  test('several cables in one program: a network for each', async () => {
    const [one, two] = [await aSwitch(), await aSwitch()];
    await reslirp(['--vde', one.url, '--vde', two.url], /by vde_plug[\s\S]*by vde_plug/);
    for (const { url } of [one, two]) {
      const guest = await aGuest(url);
      expect((await guest.dhcp())['ip']).toBe('10.0.2.20');
      expect((await guest.sh(fetched(16))).out).toBe(`${hashOf(16)}  -\n`);
    }
  }, 60_000);

  test.runIf(process.getuid?.() === 0)(
    'users: a switch of root for all, and a switch of somebody else',
    async () => {
      chmodSync(directory, 0o755);
      const [home, other] = [inside('home'), inside('other')];
      for (const path of [home, other]) {
        mkdirSync(path);
        chmodSync(path, 0o777);
      }
      const theirs = await aSwitch([], NOBODY, home);
      await reslirp(['--vde', theirs.url]);
      const guest = await Guest.joined([...NOBODY, 'vde_plug', theirs.url, 'tap://tap0']);
      guests.push(guest);
      const roots = await aSwitch(['-m', '666', '--dirmode', '777'], [], other);
      const asNobody = await run(
        [...NOBODY, 'timeout', '-s', 'TERM', '2', ...RESLIRP, '-d2', '--vde', roots.url],
        10_000,
      );
      expect(asNobody.err).toContain('joined, at port 1');
      expect(asNobody.err).toContain('the network closes');
    },
    60_000,
  );

  describe('what is no switch', () => {
    let server: NetServer | undefined;
    const sockets: Socket[] = [];
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.destroy();
      server?.close();
      server = undefined;
    });

    const complaint = async (url: string, ...args: readonly string[]): Promise<[number | null, string]> => {
      const { code, err } = await run([...RESLIRP, '--vde', url, ...args], 20_000);
      return [code, err];
    };

    test.each([
      ['/nowhere/at/all', 1, 'vde:///nowhere/at/all: there is no switch'],
      ['/etc/passwd', 1, 'vde:///etc/passwd: it is not the directory of a switch'],
      [`vde:///tmp/${'x'.repeat(200)}`, 1, 'there is no switch'],
      ['/x[', 2, "--vde: '/x[' is not a VDE network"],
      ['/x[70000]', 2, 'is not a VDE network'],
      ['', 2, '--vde'],
    ])('%s', async (url, code, line) => {
      const [ended, err] = await complaint(url);
      expect([ended, err]).toEqual([code, expect.stringContaining(line)]);
      expect(err.trim().split('\n')).toHaveLength(1);
    });

    test('a port that the switch does not have', async () => {
      const lan = await aSwitch(['-n', '4']);
      const [code, err] = await complaint(`${lan.url}[77]`);
      expect([code, err]).toEqual([
        1,
        expect.stringContaining('[77]: the switch does not answer; has it such a port?\n'),
      ]);
      const [, group] = await complaint(`${lan.url}[wan]`);
      expect(group).toContain("it has no port group 'wan'");
      expect(lan.sockets()).toEqual(['ctl']);
    }, 20_000);

    const answers: readonly (readonly [string, string, (socket: Socket) => void])[] = [
      ['hangs up', 'the switch does not give us a port', (socket) => socket.end()],
      [
        'speaks HTTP',
        'what answers is not a switch',
        (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n'.repeat(40)),
      ],
      ['says nothing', 'the switch does not answer', () => {}],
    ];
    test.each(answers)(
      'a server that %s',
      async (_, line, answer) => {
        const place = mkdtempSync(inside('garbage-'));
        server = createServer((socket) => {
          sockets.push(socket);
          socket.on('error', () => {});
          socket.once('data', () => answer(socket));
        }).listen(join(place, 'ctl'));
        const [code, err] = await complaint(place);
        expect([code, err]).toEqual([1, `reslirp: error: vde://${place}: ${line}\n`]);
        expect(readdirSync(place)).toEqual(['ctl']);
      },
      30_000,
    );

    test('without vde_plug, where it is needed', async () => {
      const { code, err } = await run(['env', 'PATH=/nowhere', ...RESLIRP, '--vde', '/x', '--host', 'node']);
      expect([code, err]).toEqual([1, 'reslirp: error: vde:///x: vde_plug is not installed (Debian: vdeplug)\n']);
    });
  });

  test('datagrams that are no frames: dropped, and the network goes on', async () => {
    const place = inside('fake');
    const fake = new FakeSwitch(place, 'ctl');
    const turning = setInterval(() => fake.turn(), 5);
    try {
      const program = await reslirp(['--vde', place]);
      for (const size of [0, 1, 13, 14, 9_234, 9_235, 65_000, 100_000]) fake.send(new Uint8Array(size).fill(0xff));
      const arp = 'ffffffffffff020000000001080600010800060400010200000000010a00020f0000000000000a000202';
      fake.send(Uint8Array.from(Buffer.from(arp, 'hex')));
      const seen: string[] = [];
      await until('the gateway answers', () => {
        seen.push(...fake.take().map((frame) => Buffer.from(frame).toString('hex')));
        return seen.some((frame) => frame.startsWith('02000000000152550a0002020806'));
      });
      fake.hangUp();
      await program.until(/the switch has gone/);
    } finally {
      clearInterval(turning);
      fake.die();
    }
  });

  describe('--listen seqpacket:', () => {
    /** vde_plug on a descriptor that Python has connected. */
    const plug = (path: string): string[] => [
      'python3',
      '-c',
      'import os,socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\ns.connect(sys.argv[1])\nos.dup2(s.fileno(),9)\nos.execvp("vde_plug",["vde_plug","tap://tap0","seqpacket://9"])',
      path,
    ];

    test('a guest in packets, which comes back to what it had', async () => {
      const path = inside('packets');
      const program = await reslirp(['--listen', `seqpacket:${path}`], /a guest comes to seqpacket/);
      const guest = await Guest.joined(plug(path));
      guests.push(guest);
      expect((await guest.dhcp())['ip']).toBe('10.0.2.20');
      await works(guest);
      const other = await run(plug(path), 5_000); // it is closed at once
      expect(other.took).toBeLessThan(5_000);
      await program.until(/another guest is not let in: there is one/);
      const download = guest.sh(fetched(MANY), 60_000);
      await guest.until('ss -tn | grep -q ESTAB');
      await guest.unjoin();
      await program.until(/the guest has left/);
      guest.replug(plug(path));
      expect((await download).out).toBe(`${hashOf(MANY)}  -\n`);
      expect(await program.stop()).toBe(0);
      expect(existsSync(path)).toBe(false);
    }, 90_000);

    test.each([
      [['--listen', 'seqpacket:'], 2, '--listen'],
      [['--listen', 'seqpacket:/x', '--listen', '0'], 2, 'seqpacket: is the only cable, if it is one'],
      [
        ['--listen', 'seqpacket:/x', '--host', 'node'],
        2,
        "'seqpacket:' is for Linux on x64 and arm64, not with --host 'node'",
      ],
      [['--listen', 'seqpacket:/nowhere/x'], 1, 'seqpacket:/nowhere/x: there is no such directory'],
      [['--listen', 'seqpacket:FILE'], 1, 'FILE: there is something that is no socket, and stays'],
    ])('%j', async (args, code, line) => {
      const file = inside('precious');
      writeFileSync(file, 'precious');
      const { code: ended, err } = await run([...RESLIRP, ...args.map((arg) => arg.replace('FILE', file))]);
      expect([ended, err]).toEqual([code, expect.stringContaining(line.replace('FILE', file))]);
      expect(err.trim().split('\n')).toHaveLength(1);
      expect(existsSync(file)).toBe(true);
    });
  });
});
