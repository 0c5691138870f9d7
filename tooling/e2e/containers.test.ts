// Podman and rootlesskit with slirp4netns of this repository in the place of the original, as a user and as root.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Account, missingForContainers } from './containers.ts';
import { run } from './guest.ts';
import { until } from './namespace.ts';
import { freePort, HELLO, http, type Server } from './servers.ts';

const why = missingForContainers('podman', 'runc', 'rootlesskit');
const GREETING = 'hello from the container';
const SERVE = `mkdir /tmp/www; echo ${GREETING} > /tmp/www/index.html; exec httpd -f -p 80 -h /tmp/www`;

const ACCOUNTS = [
  ['a user', Account.user],
  ['root', Account.root],
] as const;

describe.skipIf(why !== null).each(ACCOUNTS)(`podman as %s${why === null ? '' : `: skipped, ${why}`}`, (_, make) => {
  let account: Account;
  let web: Server;

  beforeAll(async () => {
    account = make();
    web = await http();
  });
  afterAll(async () => {
    web?.close();
    await account?.remove();
  });

  const inside = (options: string, command: string): ReturnType<Account['run']> =>
    account.podman(
      'run',
      '--rm',
      '--network',
      `slirp4netns:${options}`,
      '--rootfs',
      account.rootfs,
      '/bin/sh',
      '-c',
      command,
    );

  test('a container has its network, and reaches this host', async () => {
    const get = `wget -q -O - http://10.0.2.2:${web.port}/hello`;
    const { code, out, err } = await inside('allow_host_loopback=true', `ip a show tap0; cat /etc/resolv.conf; ${get}`);
    expect([code, out], err).toEqual([0, expect.stringContaining(HELLO)]);
    expect(out).toMatch(/mtu 65520[\s\S]*inet 10\.0\.2\.100\/24[\s\S]*nameserver 10\.0\.2\.3/);
  });

  test('a network of its own choice; this host is out of reach unless it is asked for', async () => {
    const get = `wget -q -O - http://10.9.9.2:${web.port}/hello 2>&1`;
    const { code, out } = await inside('cidr=10.9.9.0/24', `ip a show tap0; ${get}`);
    expect(out).toContain('inet 10.9.9.100/24');
    expect([code, out]).toEqual([1, expect.stringContaining('Network is unreachable')]);
  });

  test.each(['slirp4netns', 'rootlesskit'])('a port is published by %s', async (handler) => {
    const port = await freePort();
    const network = ['--network', `slirp4netns:port_handler=${handler}`, '--publish', `127.0.0.1:${port}:80`];
    const begun = await account.podman(
      'run',
      '-d',
      '--name',
      handler,
      ...network,
      '--rootfs',
      account.rootfs,
      '/bin/sh',
      '-c',
      SERVE,
    );
    expect(begun.code, begun.err).toBe(0);
    expect(account.programs()).toHaveLength(1);
    const got = await run([
      'curl',
      '-sS',
      '--retry',
      '20',
      '--retry-delay',
      '1',
      '--retry-all-errors',
      `http://127.0.0.1:${port}/`,
    ]);
    expect([got.out, got.err]).toEqual([`${GREETING}\n`, expect.anything()]);
    await account.podman('rm', '--force', '--time', '0', handler);
    await until('slirp4netns ends with its container', () => account.programs().length === 0);
  });
});

describe.skipIf(why !== null)(`rootlesskit${why === null ? '' : `: skipped, ${why}`}`, () => {
  let account: Account;
  let web: Server;

  beforeAll(async () => {
    account = Account.user();
    web = await http();
  });
  afterAll(async () => {
    web?.close();
    await account?.remove();
  });

  const kit = (...args: readonly string[]): string[] => {
    const binary = `--slirp4netns-binary=${account.program}`;
    return ['rootlesskit', '--net=slirp4netns', binary, '--copy-up=/etc', ...args];
  };

  test('a command has its network, and reaches this host', async () => {
    const get = `busybox wget -q -O - http://10.0.2.2:${web.port}/hello`;
    const { code, out, err } = await account.run(kit('--mtu=65520', 'sh', '-c', `ip -br a; ${get}`));
    expect([code, out], err).toEqual([0, expect.stringContaining(HELLO)]);
    expect(out).toContain('10.0.2.100/24');
  });

  test('its port driver, in the sandbox; nothing is left when it is told to end', async () => {
    const port = await freePort();
    const confined = ['--slirp4netns-sandbox=true', '--slirp4netns-seccomp=true', '--disable-host-loopback', '--ipv6'];
    const driver = ['--port-driver=slirp4netns', '-p', `127.0.0.1:${port}:8080/tcp`];
    const [program = '', ...args] = account.command(
      kit(...confined, ...driver, 'busybox', 'httpd', '-f', '-p', '8080', '-h', account.rootfs),
    );
    const child = spawn(program, args, { stdio: 'ignore' });
    try {
      const url = `http://127.0.0.1:${port}/bin/busybox`;
      const got = await run(['curl', '-sSI', '--retry', '20', '--retry-delay', '1', '--retry-all-errors', url]);
      expect(got.out, got.err).toContain('200 OK');
      expect(account.programs()).toHaveLength(1);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await until('slirp4netns ends with its container', () => account.programs().length === 0);
  });
});
