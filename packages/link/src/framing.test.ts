import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BIG_2, BIG_4, Deframer, type Framing, LITTLE_2, LITTLE_4, writeLength } from './framing.ts';

const FRAMINGS: readonly (readonly [string, Framing])[] = [
  ['2 bytes, big-endian', BIG_2],
  ['4 bytes, big-endian', BIG_4],
  ['2 bytes, little-endian', LITTLE_2],
  ['4 bytes, little-endian', LITTLE_4],
];

function stream(framing: Framing, frames: readonly Uint8Array[]): Uint8Array {
  const pieces = frames.flatMap((frame) => {
    const length = new Uint8Array(framing.width);
    writeLength(framing, length, 0, frame.length);
    return [...length, ...frame];
  });
  return Uint8Array.from(pieces);
}

test('the fields of the real ones: vde_plug 005a, QEMU 0000005a, gvproxy 5a00', () => {
  const field = (framing: Framing): string => {
    const b = new Uint8Array(framing.width);
    writeLength(framing, b, 0, 90);
    return Buffer.from(b).toString('hex');
  };
  expect([field(BIG_2), field(BIG_4), field(LITTLE_2)]).toEqual(['005a', '0000005a', '5a00']);
});

describe.each(FRAMINGS)('%s', (_, framing) => {
  test('frames come out as they went in, wherever the stream is cut', () => {
    const frame = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 400 })),
        (all, cuts) => {
          const bytes = stream(framing, all);
          const got: Uint8Array[] = [];
          const deframer = new Deframer(framing, 300, (b, at, end) => got.push(b.slice(at, end)));
          for (let at = 0; at < bytes.length; ) {
            const end = Math.min(bytes.length, at + cuts.next().value);
            const chunk = bytes.slice(at, end);
            expect(deframer.push(chunk, 0, chunk.length)).toBe(true);
            chunk.fill(0xdb); // chunks are lent as well
            at = end;
          }
          expect(got).toEqual(all);
          expect(deframer.held).toBe(0);
        },
      ),
    );
  });

  test('a length that no frame has is the end, and named', () => {
    const got: number[] = [];
    const deframer = new Deframer(framing, 300, (_b, at, end) => got.push(end - at));
    const bytes = stream(framing, [new Uint8Array(20), new Uint8Array(301)]);
    expect(deframer.push(bytes, 0, bytes.length)).toBe(false);
    expect(deframer.push(bytes, 0, bytes.length)).toBe(false);
    expect(got).toEqual([20]);
    expect(deframer.fault).toBe(
      `out of step: a length of 301 at byte ${framing.width + 20}, where no frame is longer than 300`,
    );
  });

  test('a frame shorter than a header is passed on, to be counted by whoever reads it; nothing at all is skipped', () => {
    const got: number[] = [];
    const deframer = new Deframer(framing, 300, (_b, at, end) => got.push(end - at));
    const bytes = stream(
      framing,
      [0, 0, 14, 0, 13, 1, 0].map((size) => new Uint8Array(size)),
    );
    for (const byte of bytes) expect(deframer.push(Uint8Array.of(byte), 0, 1)).toBe(true);
    expect(deframer.push(bytes, 0, bytes.length)).toBe(true);
    expect(got).toEqual([14, 13, 1, 14, 13, 1]);
  });
});

test('a length of 4 bytes is no negative number', () => {
  const deframer = new Deframer(BIG_4, 300, () => {});
  expect(deframer.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff), 0, 4)).toBe(false);
  expect(deframer.fault).toBe('out of step: a length of 4294967295 at byte 0, where no frame is longer than 300');
});
