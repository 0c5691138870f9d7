// `reslirp run`: one command, with a network of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Done, RESLIRP, run } from './guest.ts';
import { pause } from './namespace.ts';
import { HELLO, http, type Server } from './servers.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('wget', 'ping', 'socat');

describe.skipIf(why !== null)(`reslirp run${why === null ? '' : `: skipped, ${why}`}`, () => {
  let web: Server;

  beforeAll(async () => {
    web = await http();
  });
  afterAll(() => void web?.close());

  const confined = (...args: readonly string[]): Promise<Done> => run([...RESLIRP, 'run', ...args], 20_000);

  test('the network is there before the command is', async () => {
    const { code, out } = await confined('--', 'wget', '-q', '-T3', '-t1', '-O-', `http://10.0.2.2:${web.port}/hello`);
    expect([code, out]).toEqual([0, HELLO]);
  });

  test('address, route and nameserver of its own, and nothing else', async () => {
    const line = 'ip -o link | wc -l; ip -4 a s tap0; ip r; cat /etc/resolv.conf';
    const { out } = await confined('-n', '10.9.8.0/24', '--vdnssearch', 'lab.example', 'sh', '-c', line);
    expect(out).toMatch(/^2\n/);
    expect(out).toContain('inet 10.9.8.20/24');
    expect(out).toContain('default via 10.9.8.2');
    expect(out).toContain('nameserver 10.9.8.3\nsearch lab.example\n');
    expect((await run(['cat', '/etc/resolv.conf'])).out).not.toContain('10.9.8.3');
  });

  test.each([
    [['true'], 0],
    [['sh', '-c', 'exit 7'], 7],
    [['sh', '-c', 'kill -TERM $$'], 143],
    [['/nowhere'], 127],
    [['/etc/passwd'], 126],
  ])('the exit status of %j is passed on', async (command, status) => {
    expect((await confined('--', ...command)).code).toBe(status);
  });

  test('standard input and output are the command’s', async () => {
    const { out } = await run([...RESLIRP, 'run', 'tr', 'a-z', 'A-Z'], 10_000, 'words');
    expect(out).toBe('WORDS');
  });

  describe('forwards', () => {
    /** What clients of the host hear, when the guest greets everybody who comes to port 9000. */
    const greeted = async (forward: string, client: string): Promise<string> => {
      const greet = 'socat TCP-LISTEN:9000,fork,reuseaddr SYSTEM:"echo hello \\$SOCAT_PEERADDR" & echo up; sleep 20';
      const program = spawn(RESLIRP[0]!, [RESLIRP[1]!, 'run', '--ipv6', '--hostfwd', forward, '--', 'sh', '-c', greet]);
      try {
        await once(program.stdout, 'data');
        for (let i = 0; i < 40; i++) {
          const { out } = await run(['socat', '-T2', '-', client]);
          if (out !== '') return out;
          await pause(50);
        }
        return 'nobody';
      } finally {
        program.kill('SIGKILL');
        await once(program, 'exit');
      }
    };

    test('from a port, and from a unix socket', async () => {
      expect(await greeted('tcp:127.0.0.1:47311-:9000', 'TCP:127.0.0.1:47311')).toBe('hello 10.0.2.2\n');
      const path = `/tmp/reslirp-run-${process.pid}`;
      expect(await greeted(`unix:${path}-:9000`, `UNIX-CONNECT:${path}`)).toBe('hello 10.0.2.2\n');
      await run(['rm', '-f', path]); // SIGKILL leaves it
    });

    test('from inside: to a server of this machine, and to a command', async () => {
      const guest = 'wget -q -T3 -t1 -O- http://10.0.2.4/hello; (echo words; sleep 0.5) | socat -t2 - TCP:10.0.2.9:7';
      const forwards = [`tcp::80-tcp:127.0.0.1:${web.port}`, 'tcp:10.0.2.9:7-cmd:tr a-z A-Z'];
      const args = forwards.flatMap((forward) => ['--guestfwd', forward]);
      const { out } = await confined(...args, '--restricted', '--', 'sh', '-c', guest);
      expect(out).toBe(`${HELLO}WORDS\n`);
    });

    test('one that cannot be had: one line, 125, and the command does not begin', async () => {
      const { code, out, err } = await confined('--hostfwd', `tcp:127.0.0.1:${web.port}-:22`, '--', 'echo', 'ran');
      expect([code, out]).toEqual([125, '']);
      expect(err).toBe(`reslirp: error: --hostfwd: 127.0.0.1:${web.port}: it is in use\n`);
    });
  });

  test('what a rule denies is prohibited, and the rest is not', async () => {
    const reach = (to: string): string => `socat -u /dev/null TCP:${to},connect-timeout=2`;
    const line = `${reach('10.77.0.1:80')}; ${reach(`10.0.2.2:${web.port}`)} && echo reached`;
    const { out, err } = await confined('--deny', 'private', '--', 'sh', '-c', line);
    expect(err).toContain('No route to host');
    expect(out).toBe('reached\n');
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('%s ends the command as well', async (signal) => {
    const mark = String(100_000 + Math.floor(Math.random() * 100_000));
    const program = spawn(RESLIRP[0]!, [RESLIRP[1]!, 'run', 'sh', '-c', `echo on; exec sleep ${mark}`]);
    await once(program.stdout, 'data');
    program.kill(signal);
    await once(program, 'exit');
    for (let i = 0; i < 50 && (await run(['pgrep', '-f', `sleep ${mark}`])).code === 0; i++) await pause(20);
    expect((await run(['pgrep', '-f', `sleep ${mark}`])).code).toBe(1);
  });

  test.each([
    [['--bogus', 'true'], 2, 'there is no such option'],
    [[], 2, 'has no command'],
  ])('%j: one line', async (args, code, complaint) => {
    const done = await confined(...args);
    expect([done.code, done.err.split('\n')]).toEqual([code, [expect.stringContaining(complaint), '']]);
  });
});
