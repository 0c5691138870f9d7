import { expect, test } from 'vitest';
import { onPair } from '../test/benches.ts';
import { poison } from './poison.ts';

const frame = new Uint8Array(60).fill(1);

test('overwrites what came, when its handler has returned', () => {
  const t = onPair(poison);
  const kept: Uint8Array[] = [];
  t.link.onFrame((b, at, end) => kept.push(b.subarray(at, end)));
  t.send(frame);
  expect(new Set(kept[0])).toEqual(new Set([0xdb]));
});

test('overwrites what left, when it is committed: it has left as it was', () => {
  const t = onPair(poison);
  const at = t.link.reserve(60);
  const { slab } = t.link;
  slab.set(frame, at);
  t.link.commit(60);
  expect(new Set(slab)).toEqual(new Set([0xdb]));
  t.link.flush();
  expect(t.arrived).toEqual([frame]);
});

test('whoever writes to the slab of the reservation before, or without the offset, sends poison', () => {
  const t = onPair(poison);
  t.link.reserve(60);
  const { slab } = t.link;
  const at = t.link.reserve(60);
  slab.set(frame, at);
  t.link.slab.set(frame.subarray(0, at), 0);
  t.link.commit(60);
  t.link.flush();
  expect(t.arrived).toEqual([new Uint8Array(60).fill(0xdb)]);
});
