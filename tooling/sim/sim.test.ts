// The simulation as it was built, on all cores: 10⁷ packets where everything is tested, fewer elsewhere.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { again, placeOf, planOf } from './src/plan.ts';

const PACKETS = process.env['CI'] ? 10_000_000 : 300_000;
const PROGRAM = fileURLToPath(new URL('dist/sim.js', import.meta.url));

function sim(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
}

test(`${PACKETS} packets: every byte once and in order, every flow to its end, nothing left`, () => {
  const { status, stdout, stderr } = sim('--packets', String(PACKETS));
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  expect(Number(/^([\d,]+) packets/.exec(stdout)?.[1]?.replaceAll(',', ''))).toBeGreaterThanOrEqual(PACKETS);
}, 3_600_000);

test('one world of one seed is played alone', () => {
  const { stdout } = sim('--guest', 'engine', '--seed', '7', '--packets', '1', '--workers', '1');
  expect(stdout).toMatch(/ 1 worlds of seeds 7 to 7 \(engine\), /);
});

describe('the plan', () => {
  test('every kind of world has every seed, and a failure says how to have that one again', () => {
    const plan = planOf(['--seed', '5', '--packets', '1e7', '--workers', '3']);
    expect(plan).toMatchObject({ seed: 5, packets: 10_000_000, workers: 3 });
    expect([0, 1, 2, 3].map((world) => placeOf(plan, world)).map(({ seed, kind }) => [seed, kind.name])).toEqual([
      [5, 'scripted'],
      [5, 'engine'],
      [6, 'scripted'],
      [6, 'engine'],
    ]);
    expect(again(plan, 3)).toBe('npm run sim -- --guest engine --seed 6 --packets 1 --workers 1');
    expect(placeOf(planOf(['--guest', 'engine', '--seed', '6']), 0)).toMatchObject({
      seed: 6,
      kind: { name: 'engine' },
    });
  });

  test.each([
    [['--seed', 'x'], "--seed: 'x' is not a whole number"],
    [['--packets', '0'], "--packets: '0' is not"],
    [['--packets', '1.5'], "--packets: '1.5' is not"],
    [['--workers', ''], "--workers: '' is not"],
    [['--guest', 'real'], "--guest: 'real' is not scripted or engine"],
    [['--nonsense'], '--nonsense'],
  ])('%j is refused in one line', (args, message) => {
    const { status, stderr } = sim(...args);
    expect([status, stderr.split('\n').length]).toEqual([2, 2]);
    expect(stderr).toContain(message);
  });
});
