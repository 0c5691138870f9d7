import { expect, test } from 'vitest';
import type { Link } from './link.ts';
import { pair } from './pair.ts';

test('a handler that answers at once does not nest, and nothing overtakes', () => {
  const [a, b] = pair();
  const seen: number[] = [];
  let depth = 0;
  const answer = (link: Link, most: number) => (bytes: Uint8Array, at: number) => {
    expect(++depth).toBe(1);
    seen.push(bytes[at]!);
    if (bytes[at]! < most) {
      link.slab[link.reserve(60)] = bytes[at]! + 1;
      link.commit(60);
      link.flush();
    }
    depth--;
  };
  a.onFrame(answer(a, 20));
  b.onFrame(answer(b, 20));
  a.slab[a.reserve(60)] = 1;
  a.commit(60);
  a.flush();
  expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test('what was not flushed stays, while the other end delivers', () => {
  const [a, b] = pair();
  const seen: number[] = [];
  a.onFrame(() => {
    for (const n of [2, 3]) {
      a.slab[a.reserve(60)] = n;
      a.commit(60);
      if (n === 2) a.flush();
    }
  });
  b.onFrame((bytes, at) => seen.push(bytes[at]!));
  b.reserve(60);
  b.commit(60);
  b.flush();
  expect(seen).toEqual([2]);
  a.flush();
  expect(seen).toEqual([2, 3]);
});
