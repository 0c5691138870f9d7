import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Memory, SMALLEST } from './memory.ts';
import { MAX_RANGES, ReceiveRing } from './receive-ring.ts';

/** The stream: each byte tells its place. */
const stream = Uint8Array.from({ length: 4_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

test('pieces in any order, overlapping and repeated, come out as the stream, once', () => {
  const piece = fc.record({ from: fc.nat(3_999), size: fc.integer({ min: 1, max: 900 }), takes: fc.nat(700) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const memory = new Memory(1 << 24);
      const ring = new ReceiveRing(memory);
      const out: number[] = [];
      const all = [...pieces, { from: 0, size: 4_000, takes: 4_000 }];
      for (const { from, size, takes } of all) {
        const at = Math.max(from, out.length + ring.ready); // as TCP trims what is old
        const end = Math.min(stream.length, from + size);
        if (at < end) ring.store(at - out.length, stream, at, end);
        let room = takes;
        ring.drain({
          write: (b, from, to) => {
            const n = Math.min(room, to - from);
            room -= n;
            out.push(...b.subarray(from, from + n));
            return n;
          },
        });
      }
      ring.drain({ write: (b, from, to) => out.push(...b.subarray(from, to)) && to - from });
      expect(out).toEqual([...stream]);
      expect(memory.lent).toBe(0);
    }),
  );
});

test('skip: what went past the ring joins what had waited behind it', () => {
  const ring = new ReceiveRing(new Memory(1 << 24));
  ring.store(3, stream, 3, 6);
  ring.store(10, stream, 10, 12);
  expect(ring.skip(4)).toBe(2); // one byte of the first range went past as well
  expect([ring.ready, ring.ranges, ring.range(0, 0), ring.range(0, 1)]).toEqual([2, 1, 6, 8]);
});

test('one hole more than there is room for is not kept, and what is kept stays', () => {
  const ring = new ReceiveRing(new Memory(1 << 24));
  for (let i = 0; i < MAX_RANGES; i++) expect(ring.store(2 + i * 2, stream, i, i + 1)).toBe(0);
  expect(ring.store(2 + MAX_RANGES * 2, stream, 0, 1)).toBe(-1);
  expect([ring.ranges, ring.ready]).toEqual([MAX_RANGES, 0]);
  expect(ring.store(3, stream, 0, 1)).toBe(0); // fills a hole: one range less
  expect(ring.ranges).toBe(MAX_RANGES - 1);
});

test('beyond the budget nothing is kept; the smallest ring can always be had', () => {
  const memory = new Memory(0);
  const ring = new ReceiveRing(memory);
  expect(ring.store(SMALLEST, stream, 0, 1)).toBe(-1);
  expect(ring.store(SMALLEST - 1, stream, 0, 1)).toBe(0);
  ring.release();
  expect(memory.lent).toBe(0);
});
