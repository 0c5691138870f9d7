import { expect, test } from 'vitest';
import { onMessages, send } from '../test/benches.ts';

test('a message longer than any frame is dropped and counted, and the next one comes', () => {
  const t = onMessages();
  const got: number[] = [];
  t.link.onFrame((_b, at, end) => got.push(end - at));
  for (const size of [1518, 1519, 70_000, 0, 1, 60]) t.send(new Uint8Array(size));
  expect(got).toEqual([1518, 1, 60]);
  expect(t.link.tooLong).toBe(2);
});

test('closed with frames on their way: finished only when they have left', () => {
  const t = onMessages();
  send(t.link, new Uint8Array(60));
  send(t.link, new Uint8Array(61)); // waits in the other slab
  t.link.close();
  expect(t.finished()).toBe(false);
  t.settle();
  expect(t.arrived.map((frame) => frame.length)).toEqual([60, 61]);
  expect(t.finished()).toBe(true);
});

test('frames of one byte each do not outgrow the table of ends', () => {
  const { link } = onMessages();
  let sent = 0;
  for (; sent < 100_000 && link.reserve(1) >= 0; sent++) link.commit(1);
  expect(sent).toBe(2 * 2_048);
});

test('broken: told once, and nothing is taken any more', () => {
  const { link } = onMessages();
  const ends: (string | undefined)[] = [];
  link.onEnd((error) => ends.push(error?.message));
  link.ended(new Error('gone'));
  link.ended(null);
  expect([ends, link.reserve(60)]).toEqual([['gone'], -1]);
});
