// `reslirp tunnel` through a real sshd, from one network namespace to another that sees more.
import { type ChildProcess, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Done, RESLIRP } from './guest.ts';
import { pause } from './namespace.ts';
import { missingForNamespace } from './tools.ts';
import { NAME, PORTS, SECRET, SECRET6, SERVER, SERVER6, TwoMachines } from './two-machines.ts';

const why =
  process.getuid?.() === 0
    ? missingForNamespace('ssh', 'ssh-keygen', 'wget', 'busybox', 'socat', 'setpriv', 'ping')
    : 'an ssh server takes root';

describe.skipIf(why !== null)(`reslirp tunnel${why === null ? '' : `: skipped, ${why}`}`, () => {
  let both: TwoMachines;
  let tunnel: Tunnel | null = null;

  beforeAll(async () => {
    both = await TwoMachines.make();
  }, 60_000);
  afterAll(() => both?.stop());
  afterEach(async () => {
    await tunnel?.stop();
    tunnel = null;
  });

  const file = (): string =>
    createHash('sha256')
      .update(readFileSync(join(both.directory, 'web/file')))
      .digest('hex');
  /** A command in a network of its own, the one of the far machine. */
  const confined = (options: readonly string[], line: string): Promise<Done> =>
    both.near(`${[...RESLIRP, 'tunnel', ...options].map(quoted).join(' ')} -- sh -c ${quoted(line)}`, 30_000);
  const begin = async (...args: readonly string[]): Promise<Tunnel> => {
    tunnel = new Tunnel(both.start(['-d2', '--ssh', both.ssh(), ...args, `root@${SERVER}`]));
    await tunnel.until(/reslirp\d: .* by /);
    return tunnel;
  };
  const fetchHash = async (url: string): Promise<string> =>
    (await both.near(`wget -q -T10 -t1 -O- ${url} | sha256sum`, 30_000)).out.split(' ')[0]!;
  /** Everything that a tunnel changes, but for names of interfaces. */
  const state = async (): Promise<string> => {
    const lines = ['ip -br link', 'ip -4 rule', 'ip -6 rule', 'ip -4 route show table all', 'cat /etc/resolv.conf'];
    return (await both.near(lines.join('; '))).out;
  };

  test('nothing of the far network is reached without it', async () => {
    const { code } = await both.near(`wget -q -T2 -t1 -O- http://${SECRET}/hello`);
    expect(code).not.toBe(0);
  });

  describe('for this machine', () => {
    test('chosen networks of both versions, bytes and all; what was there before is back afterwards', async () => {
      const before = await state();
      await begin('--route', '192.0.2.0/24', '--route', '2001:db8:5::/48');
      expect(await fetchHash(`http://${SECRET}/file`)).toBe(file());
      expect(await fetchHash(`http://[${SECRET6}]/file`)).toBe(file());
      const up = await both.near(
        `head -c 3000000 /dev/zero > /tmp/up-${process.pid}; socat -t10 - TCP:${SECRET}:81 < /tmp/up-${process.pid}; rm /tmp/up-${process.pid}`,
      );
      expect(up.out.split(' ')[0]).toBe(createHash('sha256').update(Buffer.alloc(3_000_000)).digest('hex'));
      expect((await both.near(`ip -4 route get ${SERVER}`)).out).toContain('dev wire0');
      expect(await tunnel!.stop()).toBe(0);
      expect(await state()).toBe(before);
    }, 60_000);

    test('everything, and the way to the server stays outside; names are asked for there', async () => {
      const before = await state();
      await begin('--route', 'all');
      expect((await both.near(`wget -q -T10 -t1 -O- http://${NAME}/hello`)).out).toBe('hello from far\n');
      expect((await both.near('ip -4 route get 203.0.113.9')).out).toContain('dev reslirp0');
      expect((await both.near('ip -6 route get 2001:db8::9')).out).toContain('dev reslirp0');
      expect((await both.near(`ip -4 route get ${SERVER}`)).out).toContain('dev wire0');
      expect((await both.near('ip -4 route get 203.0.113.9 from 10.77.0.1')).out).toContain('dev wire0');
      expect(await tunnel!.stop()).toBe(0);
      expect(await state()).toBe(before);
    }, 60_000);

    test('a network with the ssh server in it: the longer prefix of the wire wins, and the host itself stays outside', async () => {
      await begin('--route', '10.0.0.0/8,10.77.0.0/28');
      expect((await both.near(`ip -4 route get ${SERVER}`)).out).toContain('dev wire0');
      expect((await both.near('ip -4 route get 10.77.0.77')).out).toContain('dev wire0');
      expect((await both.near('ip -4 route get 10.77.0.9')).out).toContain('dev reslirp0');
      expect((await both.near('ip -4 route get 10.5.5.5')).out).toContain('dev reslirp0');
    }, 60_000);

    test('over IPv6 as well', async () => {
      tunnel = new Tunnel(both.start(['-d2', '--ssh', both.ssh(), '--route', 'all', `root@${SERVER6}`]));
      await tunnel.until(/reslirp\d: .* by /);
      expect((await both.near(`ip -6 route get ${SERVER6}`)).out).toContain('dev wire0');
      expect(await fetchHash(`http://${SECRET}/file`)).toBe(file());
    }, 60_000);

    test('ssh is killed: it comes back by itself, what was open is reset, and what is new works', async () => {
      await begin('--route', 'all');
      const open = both.near(`socat -T20 - TCP:${SECRET}:81 2>&1 < /dev/zero`, 40_000);
      await pause(500);
      process.kill(tunnel!.sshPid, 'SIGKILL');
      await tunnel!.until(/again in 1 s/);
      await tunnel!.until(/connected again/);
      expect((await both.near(`wget -q -T10 -t2 -O- http://${NAME}/hello`)).out).toBe('hello from far\n');
      expect((await open).out).toMatch(/reset|Broken pipe/);
    }, 60_000);

    test('the way is cut off for a while: the routes stay, and it comes back', async () => {
      await begin('--route', '192.0.2.0/24');
      await both.near('ip link set wire0 down');
      process.kill(tunnel!.sshPid, 'SIGKILL');
      await tunnel!.until(/again in 2 s/);
      expect((await both.near(`ip -4 route get ${SECRET}`)).out).toContain('dev reslirp0');
      await both.near('ip link set wire0 up; ip route replace default via 10.77.0.3');
      await tunnel!.until(/connected again/);
      expect((await both.near(`wget -q -T10 -t2 -O- http://${SECRET}/hello`)).out).toBe('hello from far\n');
      await both.near('ip -6 addr replace fd77::1/64 dev wire0 nodad');
    }, 60_000);

    test('SIGKILL: nothing is left', async () => {
      const before = await state();
      await begin('--route', 'all');
      process.kill(tunnel!.pid, 'SIGKILL');
      await tunnel!.ended;
      for (let i = 0; i < 100 && (await state()) !== before; i++) await pause(50);
      expect(await state()).toBe(before);
      for (let i = 0; i < 100 && (await both.far('pgrep -f "[f]s.readSync"')).code === 0; i++) await pause(50);
      expect((await both.near('pgrep -f "[f]s.readSync"')).out).toBe('');
    }, 60_000);

    test('SIGKILL for who tidies up as well: the next start mends', async () => {
      const before = await state();
      await begin('--route', 'all');
      for (const pid of [...tunnel!.children('sh'), tunnel!.pid]) process.kill(pid, 'SIGKILL');
      await tunnel!.ended;
      expect(await state()).not.toBe(before);
      await begin('--route', '192.0.2.0/24');
      expect((await both.near('cat /etc/resolv.conf')).out).not.toContain('10.0.2.3');
      await tunnel!.stop();
      expect(await state()).toBe(before);
    }, 60_000);

    test('single domains by systemd-resolved, where it is what answers: resolvectl is told, and told again', async () => {
      const d = both.directory;
      const fake = `mkdir -p ${d}/fake; printf '#!/bin/sh\\necho "$@" >> ${d}/resolvectl\\n' > ${d}/fake/resolvectl; chmod +x ${d}/fake/resolvectl`;
      await both.near(`${fake}; echo nameserver 127.0.0.53 > ${d}/stub; mount --bind ${d}/stub /etc/resolv.conf`);
      try {
        await begin('--dns', 'corp.example', '--dns', 'lab.example');
        await tunnel!.stop();
      } finally {
        await both.near('umount /etc/resolv.conf');
      }
      const lines = readFileSync(join(d, 'resolvectl'), 'utf8').split('\n');
      expect(lines.filter((line) => !line.startsWith('status'))).toEqual([
        'dns reslirp0 10.0.2.3',
        'domain reslirp0 ~corp.example ~lab.example',
        'default-route reslirp0 no',
        'revert reslirp0',
        '',
      ]);
    }, 60_000);

    test('under sudo ssh is the caller’s', async () => {
      const env = 'SUDO_UID=65534 SUDO_GID=65534 SUDO_USER=nobody';
      const ssh = both.ssh(PORTS.plain, 'nobodykey');
      const said = await both.near(
        `${env} timeout 5 ${RESLIRP.map(quoted).join(' ')} tunnel -d2 --ssh ${quoted(`sh -c 'id -u >&2; exec ${ssh} "$@"' sh`)} root@${SERVER}`,
      );
      expect(said.err).toMatch(/^65534\n/);
      expect(said.err).toContain('connected');
    }, 60_000);

    test('two at once, each with a network of its own', async () => {
      await begin('--route', '192.0.2.0/24');
      const second = new Tunnel(
        both.start([
          '-d2',
          '--ssh',
          both.ssh(),
          '--network',
          '10.0.9.0',
          '--network6',
          'fd09::/64',
          '--route',
          '198.51.100.0/24',
          `root@${SERVER}`,
        ]),
      );
      try {
        await second.until(/reslirp1: 198.51.100.0\/24 by 10.0.9.20/);
        expect((await both.near('ip -4 route get 198.51.100.1')).out).toContain('dev reslirp1');
      } finally {
        await second.stop();
      }
      expect(await fetchHash(`http://${SECRET}/file`)).toBe(file());
    }, 60_000);

    test.each([
      [['--dns', 'corp.example'], 2, /needs systemd-resolved/],
      [['--network', '10.77.0.0'], 1, /wire0 of this machine is in 10.77.0.1\/24 already/],
      [['--no-reconnect', '--ssh', 'false'], 1, /the command there ended with status 1, and nothing came/],
    ])('%j: one line', async (args, code, line) => {
      const done = await both.near([...RESLIRP, 'tunnel', ...args, SERVER].map(quoted).join(' '));
      expect(done.err).toMatch(line);
      expect([done.code, done.err.trim().split('\n').length]).toEqual([code, 1]);
    });
  });

  describe('for a command', () => {
    test('as an unprivileged user: its network, its names, its status', async () => {
      const line = `wget -q -T10 -t1 -O- http://${NAME}/hello; cat /etc/resolv.conf; exit 7`;
      const args = [...RESLIRP, 'tunnel', '--ssh', both.ssh(PORTS.plain, 'nobodykey'), `root@${SERVER}`];
      const done = await both.nearAsNobody([...args, '--', 'sh', '-c', line], 30_000);
      expect(done.out).toBe('hello from far\nnameserver 10.0.2.3\n');
      expect(done.code).toBe(7);
    }, 60_000);

    test('bytes and all, over packets of any size, where the far network is the usual one', async () => {
      for (const mtu of ['576', '1500', '65521']) {
        const options = ['--mtu', mtu, '--network', '10.0.9.0', '--ssh', both.ssh(), `root@${SERVER}`];
        const { out } = await confined(
          options,
          `wget -q -T10 -t1 -O- http://${SECRET}/file | sha256sum; ip -4 a s tap0`,
        );
        expect(out.split(' ')[0]).toBe(file());
        expect(out).toContain('inet 10.0.9.20/24');
      }
    }, 90_000);

    test('a policy is that of the far side', async () => {
      const options = ['--deny', 'tcp:192.0.2.0/24', '--ssh', both.ssh(), `root@${SERVER}`];
      const { code } = await confined(options, `wget -q -T3 -t1 -O- http://${SECRET}/hello`);
      expect(code).toBe(4);
    }, 60_000);

    test('a talkative login', async () => {
      const { out } = await confined(
        ['--ssh', both.ssh(PORTS.noisy), `root@${SERVER}`],
        `wget -q -T10 -t1 -O- http://${SECRET}/hello`,
      );
      expect(out).toBe('hello from far\n');
    }, 60_000);

    test('a Node that shells do not find', async () => {
      const { out, err } = await confined(
        ['--ssh', both.ssh(PORTS.hidden), `root@${SERVER}`],
        `wget -q -T10 -t1 -O- http://${SECRET}/hello`,
      );
      expect([out, err]).toEqual(['hello from far\n', expect.stringContaining('node')]);
    }, 60_000);

    test('an installed reslirp of the same version does it, and its ping is a real one', async () => {
      const options = ['-d2', '--ssh', both.ssh(PORTS.installed), `root@${SERVER}`];
      const { out, err } = await confined(
        options,
        `ping -c1 -W3 ${SECRET}; wget -q -T10 -t1 -O- http://${SECRET}/file | sha256sum`,
      );
      expect(out).toContain('1 received');
      expect(out).toContain(file());
      expect(err).not.toContain('the sockets are Node’s');
    }, 60_000);

    test('--exec instead of ssh', async () => {
      const exec = `nsenter -t ${both.farPid} -n -m ${process.execPath}`;
      const { out } = await confined(['--exec', exec], `wget -q -T10 -t1 -O- http://${SECRET}/hello`);
      expect(out).toBe('hello from far\n');
    }, 60_000);

    test.each([
      [
        'no Node there',
        () => ['--ssh', both.ssh(PORTS.nodeless), `root@${SERVER}`],
        /no Node is found there: it needs Node 20 or later; --node PATH/,
      ],
      [
        'no Node where it is said to be',
        () => ['--ssh', both.ssh(), '--node', '/nowhere/node', `root@${SERVER}`],
        /no Node is found there/,
      ],
      [
        'a key that is not known there',
        () => ['--ssh', both.ssh(PORTS.plain, 'host'), `root@${SERVER}`],
        /Permission denied.*\s+reslirp: .*no connection; ssh has said why/,
      ],
      ['an old Node', () => ['--exec', "sh -c 'echo v18.0.0; exit 79'"], /too old there: it is v18.0.0/],
      [
        'something else there',
        () => ['--exec', "sh -c 'echo welcome; exit 3'"],
        /status 3, and what came is no reslirp: 'welcome'/,
      ],
      [
        'something else that never ends',
        () => ['--exec', "sh -c 'yes'"],
        /65536 bytes came that are no frames, and what came is no reslirp: 'y'/,
      ],
    ])(
      '%s: the command does not begin',
      async (_, options, line) => {
        const done = await confined(options(), 'echo ran');
        expect([done.code, done.out]).toEqual([125, '']);
        expect(done.err).toMatch(line);
      },
      60_000,
    );
  });
});

/** The program at work on the near machine. */
class Tunnel {
  readonly #child: ChildProcess;
  #said: string = '';
  readonly ended: Promise<number | null>;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr!.on('data', (b) => (this.#said += b));
    this.ended = once(child, 'exit').then(([code]) => code as number | null);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get sshPid(): number {
    return this.children('ssh')[0]!;
  }

  children(name: string): readonly number[] {
    const found = spawnSync('pgrep', ['-P', String(this.pid), '-x', name], { encoding: 'utf8' });
    return found.stdout.trim().split('\n').map(Number);
  }

  async until(what: RegExp): Promise<void> {
    for (let i = 0; i < 1_500; i++) {
      if (what.test(this.#said)) return;
      if (this.#child.exitCode !== null) break;
      await pause(20);
    }
    throw new Error(`it never said ${what}:\n${this.#said}`);
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
