import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Memory, SMALLEST } from './memory.ts';
import { SendRing } from './send-ring.ts';

/** Writes up to `most` bytes of the pattern from its byte `from` on; returns how many there was room for. */
function fill(ring: SendRing, most: number, from: number): number {
  let written = 0;
  while (written < most && ring.room > 0) {
    const n = Math.min(most - written, ring.writable());
    const at = ring.at(ring.length);
    for (let i = 0; i < n; i++) ring.bytes[at + i] = (from + written + i) % 251;
    ring.wrote(n);
    written += n;
  }
  return written;
}

test('what is read back after any writes, ACKs and growth is what was written', () => {
  const step = fc.record({ write: fc.nat(SMALLEST), drop: fc.nat(SMALLEST), grow: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const memory = new Memory(1 << 24);
      const ring = new SendRing(memory);
      let written = 0;
      let dropped = 0;
      for (const { write, drop, grow } of steps) {
        ring.open();
        if (grow) ring.grow(1 << 19);
        written += fill(ring, write, written);
        expect(ring.length).toBe(written - dropped);
        for (let offset = 0; offset < ring.length; ) {
          const n = ring.contiguous(offset);
          expect(ring.bytes[ring.at(offset)]).toBe((dropped + offset) % 251);
          expect(ring.bytes[ring.at(offset) + n - 1]).toBe((dropped + offset + n - 1) % 251);
          offset += n;
        }
        const n = Math.min(drop, ring.length);
        ring.drop(n);
        dropped += n;
      }
      ring.release();
      expect(memory.lent).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('grows to the most it may, and remembers it while it is empty', () => {
  const memory = new Memory(1 << 24);
  const ring = new SendRing(memory);
  ring.open();
  expect([ring.grow(SMALLEST * 2), ring.grow(SMALLEST * 2), ring.capacity]).toEqual([true, false, SMALLEST * 2]);
  ring.wrote(1);
  ring.drop(1);
  expect(memory.lent).toBe(0);
  ring.open();
  expect(ring.capacity).toBe(SMALLEST * 2);
});

test('a budget that is used up leaves the smallest ring', () => {
  const ring = new SendRing(new Memory(SMALLEST));
  ring.open();
  expect([ring.grow(1 << 20), ring.capacity]).toEqual([false, SMALLEST]);
});
