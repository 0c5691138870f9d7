import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { Turnstile } from './turnstile.ts';

let seen: string[];
let passed: number[];
let stile: Turnstile<number>;

beforeEach(() => {
  seen = [];
  passed = [];
  const source = { pause: () => seen.push('pause'), resume: () => seen.push('resume') };
  stile = new Turnstile(source, (frames: number) => passed.push(frames) * 0 + frames);
});

test('who has had its part of a turn waits for the next ones, and everything passes in its order', async () => {
  for (const frames of [100, 27, 1, 2, 120, 90, 50]) stile.push(frames);
  expect([passed, seen]).toEqual([[100, 27, 1], ['pause']]);
  stile.push(7);
  await turn();
  expect([passed, seen]).toEqual([[100, 27, 1, 2, 120, 90], ['pause']]);
  await turn();
  expect([passed, seen]).toEqual([
    [100, 27, 1, 2, 120, 90, 50, 7],
    ['pause', 'resume'],
  ]);
  await turn();
  stile.push(3);
  expect(passed).toHaveLength(9);
});

test('little is never held', async () => {
  for (let i = 0; i < 20; i++) {
    stile.push(100);
    await turn();
  }
  expect([passed.length, seen]).toEqual([20, []]);
});

test('at the end what is held passes at once', async () => {
  for (const frames of [128, 5, 6]) stile.push(frames);
  stile.drain();
  stile.drain();
  expect(passed).toEqual([128, 5, 6]);
  await turn();
  expect(passed).toHaveLength(3);
});
