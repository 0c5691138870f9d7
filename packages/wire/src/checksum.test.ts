import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, i32, u16 } from '../test/spot.ts';
import { finish, fold, pseudo4, pseudo6, sum, sumPlain } from './checksum.ts';
import { createSimd } from './checksum-simd.ts';

/** RFC 1071 1, word by word, without any hurry. */
function naive(b: Uint8Array, at: number, end: number, acc: number): number {
  let s = acc % 0xffff === 0 && acc > 0 ? 0xffff : acc % 0xffff;
  for (; at < end; at += 2) {
    s += (b[at] ?? 0) * 256 + (at + 1 < end ? (b[at + 1] ?? 0) : 0);
    if (s > 0xffff) s -= 0xffff;
  }
  return s;
}

const sums: [string, typeof sumPlain][] = [
  ['sum', sum],
  ['sumPlain', sumPlain],
];
const simd = createSimd();
if (simd) sums.push(['simd', (b, at, end, acc) => acc + simd(b, at, end)]);

it('has SIMD on every platform that runs these tests', () => {
  expect(simd).not.toBeNull();
});

describe.each(sums)('%s', (_name, summed) => {
  it('adds the example of RFC 1071 3', () => {
    expect(fold(summed(hex('0001 f203 f4f5 f6f7'), 0, 8, 0))).toBe(0xddf2);
  });

  it('agrees with the naive sum at any offset, of any length, on any accumulator', () => {
    const bytes = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 40 }));
    const acc = fc.oneof(
      u16,
      fc.nat(),
      fc.maxSafeNat().map((n) => Math.floor(n / 2)),
    );
    fc.assert(
      fc.property(bytes, fc.nat(70), fc.nat(70), acc, ([seed, times], skip, cut, start) => {
        const b = Uint8Array.from({ length: seed.length * times }, (_, i) => (seed[i % seed.length] ?? 0) + i * 31);
        const at = Math.min(skip, b.length);
        const end = Math.max(at, b.length - cut);
        expect(fold(summed(b, at, end, start))).toBe(naive(b, at, end, start));
      }),
      { numRuns: 400 },
    );
  });

  it.each([0, 1, 2, 191, 192, 255, 256, 257, 65_535, 65_536, 65_537, 131_071, 300_001])(
    'carries nothing away in %i bytes of ones',
    (size) => {
      const b = new Uint8Array(size + 3).fill(0xff);
      expect(fold(summed(b, 3, size + 3, 0))).toBe(naive(b, 3, size + 3, 0));
    },
  );

  it('reads every byte once, wherever it is, and none beside', () => {
    for (const size of [20, 61, 192, 200, 1_461]) {
      const b = new Uint8Array(size + 128).fill(0xff);
      b.fill(0, 64, 64 + size);
      expect(summed(b, 64, 64 + size, 0)).toBe(0);
      for (let i = 0; i < size; i++) {
        b[64 + i] = 1;
        expect(fold(summed(b, 64, 64 + size, 0))).toBe(i % 2 === 0 ? 0x100 : 1);
        b[64 + i] = 0;
      }
    }
  });

  it('does not remember the buffer of the call before', () => {
    const buffers = [300, 1_460, 200, 900].map((n, i) => new Uint8Array(n).fill(i + 1));
    for (let turn = 0; turn < 3; turn++) {
      for (const b of buffers) expect(fold(summed(b, 0, b.length, 0))).toBe(naive(b, 0, b.length, 0));
    }
  });
});

it('sums pieces of even length in any order, without joining them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 600 }), fc.nat(299), (b, half) => {
      const cut = Math.min(half * 2, b.length);
      expect(fold(sum(b, cut, b.length, sum(b, 0, cut)))).toBe(fold(sum(b, 0, b.length)));
    }),
  );
});

it('leaves 0xffff behind when the field holds finish()', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 300 }), (b) => {
      b[2] = 0;
      b[3] = 0;
      const field = finish(sum(b, 0, b.length));
      b[2] = field >>> 8;
      b[3] = field & 0xff;
      expect(fold(sum(b, 0, b.length))).toBe(0xffff);
    }),
  );
});

it('adds a pseudo header as if it lay in front of the segment', () => {
  fc.assert(
    fc.property(i32, i32, fc.nat(255), u16, (src, dst, protocol, length) => {
      const words = [src >>> 16, src & 0xffff, dst >>> 16, dst & 0xffff, protocol, length];
      const b = Uint8Array.from(words.flatMap((w) => [w >>> 8, w & 0xff]));
      expect(fold(pseudo4(src, dst, protocol, length))).toBe(naive(b, 0, b.length, 0));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(255), fc.nat(), (addresses, next, length) => {
      const words = [length >>> 16, length & 0xffff, 0, next];
      const b = Uint8Array.from([...addresses, ...words.flatMap((w) => [w >>> 8, w & 0xff])]);
      expect(fold(pseudo6(addresses, 0, next, length))).toBe(naive(b, 0, b.length, 0));
    }),
  );
});
