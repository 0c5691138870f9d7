import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turnstile } from './turnstile.ts';

test('who has brought its part of a turn is not read again before the next one', async () => {
  const seen: string[] = [];
  const stile = new Turnstile({ pause: () => seen.push('pause'), resume: () => seen.push('resume') });
  stile.passed(100_000);
  await turn();
  stile.passed(100_000);
  expect(seen).toEqual([]);
  stile.passed(100_000);
  stile.passed(100_000); // what had been read already
  expect(seen).toEqual(['pause']);
  await turn();
  expect(seen).toEqual(['pause', 'resume']);
  stile.passed(100_000);
  await turn();
  expect(seen).toHaveLength(2);
});
