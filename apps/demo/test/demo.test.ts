// What `npm start` runs after it has built everything.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';

const DEMO = fileURLToPath(new URL('../dist/demo.js', import.meta.url));

/** By the scripted guest on its cable, and by a command under `reslirp run`, where that can be had. */
const CABLE = ['address', 'ping', 'name', 'page', 'download', 'upload', 'end'];
const CONFINED = ['address', 'name', 'page', 'download', 'upload', 'end'];

beforeAll(() => {
  if (!existsSync(DEMO)) throw new Error('apps/demo/dist is not there: npm run setup builds it');
});

it('shows each step with its time, and leaves nothing behind', () => {
  const before = leftovers();
  const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO], { encoding: 'utf8', timeout: 50_000 });
  expect(stderr).toBe('');
  const steps = [...stdout.matchAll(/^ {2}ok {2}(\w+) .* {2}[\d.]+ m?s( +\d+ MB\/s)?$/gm)];
  const alone = stdout.includes('\nThat was all: ');
  if (process.env['CI']) expect(stdout).not.toContain('That was all');
  const expected = [...CABLE, ...(alone ? [] : CONFINED)];
  expect(steps.map(([, name]) => name)).toEqual(expected);
  expect(steps.filter(([, , speed]) => speed !== undefined)).toHaveLength(alone ? 2 : 4);
  expect(stdout).toMatch(new RegExp(`\\nAll ${expected.length} steps worked, in [\\d.]+ m?s\\.\\n$`));
  expect(stdout).not.toContain('\u001b');
  expect(status).toBe(0);
  expect(leftovers()).toEqual(before);
}, 60_000);

it('says what is wrong when it does not work, and exits with 1', () => {
  // A program that is started before reslirp, and ends it at once
  const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${SABOTAGE}` };
  const { status, stdout } = spawnSync(process.execPath, [DEMO], { encoding: 'utf8', env, timeout: 30_000 });
  expect(stdout).toMatch(/^ {2}!! {2}address {3}failed after /m);
  expect(stdout).toMatch(/\nIt did not work: reslirp ended with exit code 3\n$/);
  expect(status).toBe(1);
});

const SABOTAGE = "if(process.argv[1].endsWith('reslirp.js'))process.exit(3)";

function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => /^reslirp-\w{6}$/.test(name));
}
