import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guarded, hex, hostile, i32, spot, u16 } from '../test/spot.ts';
import { finish, sum } from './checksum.ts';
import * as Ipv4 from './ipv4.ts';

// The header whose checksum is worked out in many text books.
const BOOK = hex('4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7');

/** BOOK with changes and the sum put right, so that nothing but the change is wrong. */
function changed(...changes: [at: number, byte: number][]): Uint8Array {
  const b = new Uint8Array(0x73);
  b.set(BOOK);
  for (const [at, byte] of changes) b[at] = byte;
  b.fill(0, 10, 12);
  const field = finish(sum(b, 0, 20));
  b.set([field >>> 8, field & 0xff], 10);
  return b;
}

it('reads a header', () => {
  const b = changed();
  expect(b.slice(0, 20)).toEqual(BOOK);
  expect(Ipv4.check(b, 0, b.length)).toBe(Ipv4.Malformed.NO);
  expect([Ipv4.headerLength(b, 0), Ipv4.totalLength(b, 0), Ipv4.end(b, 0)]).toEqual([20, 115, 115]);
  expect([Ipv4.ttl(b, 0), Ipv4.protocol(b, 0)]).toEqual([64, Ipv4.Protocol.UDP]);
  expect([Ipv4.isFragment(b, 0), Ipv4.dontFragment(b, 0)]).toEqual([false, true]);
});

describe('check', () => {
  it.each<[string, Uint8Array, number]>([
    ['short', BOOK.slice(0, 19), Ipv4.Malformed.SHORT],
    ['of version 6', changed([0, 0x65]), Ipv4.Malformed.VERSION],
    ['with a header of 16 bytes', changed([0, 0x44]), Ipv4.Malformed.HEADER_LENGTH],
    ['with a header longer than the frame', changed([0, 0x4f]).slice(0, 59), Ipv4.Malformed.HEADER_LENGTH],
    ['shorter than its header', changed([3, 19]), Ipv4.Malformed.LENGTH],
    ['longer than the frame', changed([3, 0x74]), Ipv4.Malformed.LENGTH],
    ['damaged', Uint8Array.from(changed(), (v, i) => (i === 15 ? v ^ 1 : v)), Ipv4.Malformed.CHECKSUM],
  ])('refuses a packet %s', (_what, b, why) => {
    expect(Ipv4.check(b, 0, b.length)).toBe(why);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(hostile(changed()), (s) => {
        const b = guarded(s);
        if (Ipv4.check(b, s.at, s.end) !== Ipv4.Malformed.NO) return;
        for (const read of [Ipv4.tos, Ipv4.id, Ipv4.ttl, Ipv4.protocol, Ipv4.src, Ipv4.dst, Ipv4.fragmentOffset])
          read(b, s.at);
        expect(Ipv4.end(b, s.at)).toBeLessThanOrEqual(s.end);
      }),
    );
  });
});

it('accepts what it emits', () => {
  const byte = fc.nat(255);
  fc.assert(
    fc.property(
      spot(20 + 60),
      fc.nat(60),
      i32,
      i32,
      fc.tuple(byte, byte, byte),
      u16,
      fc.nat(0x7fff),
      (s, payload, from, to, [proto, ttl, tos], id, fragment) => {
        const b = guarded(s);
        Ipv4.emit(b, s.at, 20 + payload, from, to, proto, ttl, tos, id, fragment);
        expect(Ipv4.check(b, s.at, s.end)).toBe(Ipv4.Malformed.NO);
        expect([Ipv4.src(b, s.at), Ipv4.dst(b, s.at), Ipv4.id(b, s.at)]).toEqual([from, to, id]);
        expect([Ipv4.protocol(b, s.at), Ipv4.ttl(b, s.at), Ipv4.tos(b, s.at)]).toEqual([proto, ttl, tos]);
        expect(Ipv4.end(b, s.at)).toBe(s.at + 20 + payload);
        expect(Ipv4.fragmentOffset(b, s.at)).toBe((fragment & 0x1fff) * 8);
        expect(Ipv4.moreFragments(b, s.at)).toBe((fragment & Ipv4.Fragment.MF) !== 0);
        expect(Ipv4.dontFragment(b, s.at)).toBe((fragment & Ipv4.Fragment.DF) !== 0);
        expect(Ipv4.isFragment(b, s.at)).toBe((fragment & 0x3fff) !== 0);
      },
    ),
  );
});
