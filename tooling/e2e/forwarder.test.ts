// slirp-forwarder, as its README has it: unshare, a file, nsenter, dhclient.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Done, run } from './guest.ts';
import { FORWARDER, pause } from './namespace.ts';
import { HELLO, http, type Server } from './servers.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('dhclient', 'busybox', 'wget', 'ping');

describe.skipIf(why !== null)(`slirp-forwarder${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-forwarder-'));
  const file = join(directory, 'ns');
  let web: Server;
  /** Root of user and mount namespaces of its own. */
  let user: ChildProcess;
  let program: ChildProcess | null = null;
  let said = '';

  beforeAll(async () => {
    writeFileSync(file, '');
    web = await http();
  });
  afterAll(() => {
    web?.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    user = spawn('unshare', ['-r', '-m', '--propagation', 'private', 'sh', '-c', 'echo ready; exec sleep 120'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(user.stdout!, 'data');
  });
  afterEach(async () => {
    await end('SIGKILL');
    user.kill('SIGKILL');
  });

  const asUser = (...command: readonly string[]): Promise<Done> =>
    run(['nsenter', '-t', String(user.pid), '-U', '--preserve-credentials', '-m', ...command], 15_000);
  const inside = async (line: string): Promise<string> => {
    const done = await asUser('nsenter', `--net=${file}`, 'sh', '-c', line);
    return done.out + done.err;
  };
  const mounted = async (): Promise<boolean> => (await asUser('cat', '/proc/self/mountinfo')).out.includes(file);

  async function start(environment: NodeJS.ProcessEnv = {}): Promise<void> {
    said = '';
    program = spawn('nsenter', ['-t', String(user.pid), '-U', '--preserve-credentials', '-m', ...FORWARDER, file], {
      env: { ...process.env, ...environment },
    });
    program.stderr!.on('data', (text) => (said += text));
    await Promise.race([once(program.stdout!, 'data'), once(program, 'exit')]);
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (program === null || program.exitCode !== null || program.signalCode !== null) return null;
    program.kill(signal);
    await once(program, 'exit');
    return program.exitCode;
  }

  test('dhclient and udhcpc get addresses, and wget a page', async () => {
    await start();
    expect(await inside('ip link')).toContain('tap0');
    await inside('ip link set tap0 up');
    const lease = join(directory, 'lease');
    const dhclient = await inside(`dhclient -4 -1 -v -sf /bin/true -lf ${lease} -pf ${lease}.pid tap0`);
    expect(dhclient).toContain('DHCPACK of 10.0.2.15 from 10.0.2.2');
    expect(readFileSync(lease, 'utf8')).toContain('option domain-name-servers 10.0.2.3');
    const script = `ip a add $ip/24 dev $interface; ip r add default via $router`;
    writeFileSync(join(directory, 'script'), `#!/bin/sh\n[ "$1" = bound ] && { ${script}; }\n`, { mode: 0o755 });
    await inside(`kill $(cat ${lease}.pid)`);
    const udhcpc = await inside(`busybox udhcpc -i tap0 -q -n -t 5 -T 1 -s ${directory}/script`);
    expect(udhcpc).toMatch(/lease of 10\.0\.2\.\d+ obtained from 10\.0\.2\.2/);
    expect(await inside(`wget -q -T 3 -t 1 -O - http://10.0.2.2:${web.port}/hello`)).toBe(HELLO);
  });

  test('CONFIGURE_NETWORK: an address and a route, without DHCP', async () => {
    await start({ CONFIGURE_NETWORK: '' });
    expect(await inside('ip a; ip r')).toMatch(/inet 10\.0\.2\.10\/24[\s\S]*default via 10\.0\.2\.2/);
    expect(await inside(`wget -q -T 3 -t 1 -O - http://10.0.2.2:${web.port}/hello`)).toBe(HELLO);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s unmounts, with exit code 0', async (signal) => {
    await start();
    expect(await mounted()).toBe(true);
    expect(await end(signal)).toBe(0);
    expect([await mounted(), said]).toEqual([false, '']);
  });

  test('killed, it leaves no mount, and the next one starts', async () => {
    await start();
    await end('SIGKILL');
    for (let i = 0; i < 50 && (await mounted()); i++) await pause(20);
    expect(await mounted()).toBe(false);
    await start();
    expect(await mounted()).toBe(true);
  });

  test('a second one on the same file is told so', async () => {
    await start();
    const { code, err } = await asUser(...FORWARDER, file);
    expect([code, err]).toEqual([
      1,
      `slirp-forwarder: ${file}: a namespace is mounted there already; umount ${file}\n`,
    ]);
    expect(await mounted()).toBe(true);
  });

  test.each([
    [[], 'please specify the network namespace destination file'],
    [['/nowhere/ns'], '/nowhere/ns: there is no such file'],
    [['/tmp'], '/tmp: it is not a regular file'],
    [['--mtu=7', '/etc/hosts'], "--mtu: '7' is not a whole number"],
  ])('%j: one line, and exit code 1', async (args, complaint) => {
    const { code, err } = await asUser(...FORWARDER, ...args);
    expect([code, err.split('\n')]).toEqual([1, [expect.stringContaining(complaint), '']]);
  });
});
