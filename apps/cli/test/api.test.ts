// The built program, and an API that cannot be.
import { afterEach, beforeAll, expect, it } from 'vitest';
import { needsBuild, Reslirp } from './reslirp.ts';

const started: Reslirp[] = [];
beforeAll(needsBuild);
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});

const NOWHERE = /^reslirp: error: --api: unix:\/nowhere\/api: .+$/;

it.each([
  [['--api', '8080'], 2, /^reslirp: --api: '127\.0\.0\.1:8080': other users .*: that needs --api-token-file/],
  [['--api', '0.0.0.0:1'], 2, /^reslirp: --api: '0\.0\.0\.0:1' is open to others than this machine/],
  [['--api', 'x'], 2, /^reslirp: --api: 'x' is not a place/],
  [['--api', 'localhost:99999'], 2, /^reslirp: --api: 'localhost:99999' is not a place/],
  [['--api', `/${'x'.repeat(104)}`], 2, /^reslirp: --api: '\/x+' is not a place/],
  [['--api-token-file', '/etc/hostname'], 2, /^reslirp: --api-token-file: is for --api, and there is none$/],
  [['--api', '0', '--api-token-file', '/dev/null'], 2, /^reslirp: --api-token-file: the first line of '\/dev\/null'/],
  [['--api', '/nowhere/api'], 1, NOWHERE],
  [['--api', '/nowhere/api', '--host', 'node'], 1, NOWHERE],
  [['--api', '/nowhere/api', '--listen', '0'], 1, NOWHERE],
] as const)('%j: exit status %i, and one line', async (args, code, line) => {
  const reslirp = new Reslirp(...args);
  started.push(reslirp);
  expect(await reslirp.ended).toMatchObject({ code });
  expect(reslirp.lines).toEqual([expect.stringMatching(line)]);
});

it.runIf(process.platform === 'linux')('reslirp run fails before the command begins, with its own status', async () => {
  const reslirp = new Reslirp('run', '--api', '/nowhere/api', '--', 'echo', 'begun');
  started.push(reslirp);
  expect(await reslirp.ended).toMatchObject({ code: 125 });
  expect(reslirp.said).toMatch(/--api: unix:\/nowhere\/api: /);
  expect(reslirp.cable.toString()).toBe('');
});
