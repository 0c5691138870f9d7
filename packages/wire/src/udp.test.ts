import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guarded, hex, hostile, spot, u16 } from '../test/spot.ts';
import { fold, pseudo4, sum } from './checksum.ts';
import * as Udp from './udp.ts';

const DATAGRAM = hex('c350 0035 000c 0000 61626364');

it('reads a datagram and stops before the padding', () => {
  const padded = Uint8Array.from([...DATAGRAM, 0, 0, 0]);
  expect(Udp.check(padded, 0, padded.length)).toBe(Udp.Malformed.NO);
  expect([Udp.srcPort(padded, 0), Udp.dstPort(padded, 0), Udp.end(padded, 0)]).toEqual([50000, 53, 12]);
});

it.each<[string, Uint8Array, number]>([
  ['of seven bytes', DATAGRAM.slice(0, 7), Udp.Malformed.SHORT],
  ['shorter than its header', hex('c350 0035 0007 0000'), Udp.Malformed.LENGTH],
  ['longer than the packet', DATAGRAM.slice(0, 11), Udp.Malformed.LENGTH],
])('refuses a datagram %s', (_what, b, why) => {
  expect(Udp.check(b, 0, b.length)).toBe(why);
});

it('survives any bytes', () => {
  fc.assert(
    fc.property(hostile(DATAGRAM), (s) => {
      const b = guarded(s);
      if (Udp.check(b, s.at, s.end) === Udp.Malformed.NO) Udp.verify(b, s.at, 0);
    }),
  );
});

describe('RFC 768 checksum', () => {
  const summed = (s: { b: Uint8Array; at: number; end: number }, pseudo: number): void => {
    Udp.emit(s.b, s.at, 7, 9, s.end - s.at, 0);
    Udp.emit(s.b, s.at, 7, 9, s.end - s.at, Udp.field(sum(s.b, s.at, s.end, pseudo)));
  };

  it('is verified on what was emitted, and fails on any flipped bit', () => {
    fc.assert(
      fc.property(spot(41), u16, fc.nat(40), fc.nat(7), (s, pseudo, byte, bit) => {
        const b = guarded(s);
        summed({ b, at: s.at, end: s.end }, pseudo);
        expect(Udp.check(b, s.at, s.end)).toBe(Udp.Malformed.NO);
        expect(Udp.verify(b, s.at, pseudo)).toBe(true);
        if (byte === 4 || byte === 5) return; // the length moves the end
        b[s.at + byte] = (b[s.at + byte] ?? 0) ^ (1 << bit);
        expect(Udp.verify(b, s.at, pseudo)).toBe(Udp.isUnsummed(b, s.at));
      }),
    );
  });

  it('travels as all ones when it comes out as zero', () => {
    expect(Udp.field(0xffff)).toBe(0xffff);
    expect(Udp.field(pseudo4(0, 0, 0, 0x1234))).toBe(0xedcb);
  });

  it('is not asked for when the sender made none', () => {
    expect([Udp.isUnsummed(DATAGRAM, 0), Udp.verify(DATAGRAM, 0, 0x5555)]).toEqual([true, true]);
    expect(fold(0)).toBe(0);
  });
});
