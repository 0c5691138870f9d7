import { expect, test } from 'vitest';
import { covering, product } from './pairs.ts';

test('every pair of values occurs, in few rows', () => {
  const all = product({ a: ['1', '2', '3'], b: ['x', 'y'], c: ['x', 'y'], d: ['x', 'y'] });
  expect(all).toHaveLength(24);
  const some = covering(all);
  expect(some.length).toBeLessThan(10);
  for (const row of all) {
    for (const [f, v] of Object.entries(row)) {
      for (const [g, w] of Object.entries(row)) expect(some.some((r) => r[f] === v && r[g] === w)).toBe(true);
    }
  }
});
