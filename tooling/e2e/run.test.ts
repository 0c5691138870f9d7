// `reslirp run`: one command, with a network of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Done, RESLIRP, run } from './guest.ts';
import { pause } from './namespace.ts';
import { HELLO, http, type Server } from './servers.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('wget', 'ping');

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
