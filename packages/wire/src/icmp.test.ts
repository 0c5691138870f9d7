import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guarded, hex, hostile, i32, spot, u16 } from '../test/spot.ts';
import * as Icmp4 from './icmp4.ts';
import * as Icmp6 from './icmp6.ts';

const ECHO4 = hex('0800 f7ff 0000 0000');
const SOLICITATION = hex('8700 0000 00000000 fe80000000000000 0000000000000001 0101 020000000001');

describe('ICMPv4', () => {
  it('reads an echo', () => {
    expect(Icmp4.check(ECHO4, 0, 8)).toBe(Icmp4.Malformed.NO);
    expect([Icmp4.type(ECHO4, 0), Icmp4.code(ECHO4, 0), Icmp4.rest(ECHO4, 0)]).toEqual([Icmp4.Type.ECHO, 0, 0]);
  });

  it('survives any bytes', () => {
    fc.assert(fc.property(hostile(ECHO4), (s) => void Icmp4.check(guarded(s), s.at, s.end)));
  });

  it('gives back what was emitted, and refuses every flipped bit', () => {
    fc.assert(
      fc.property(spot(30), fc.nat(255), fc.nat(255), i32, fc.nat(29), fc.nat(7), (s, type, code, rest, byte, bit) => {
        const b = guarded(s);
        Icmp4.emit(b, s.at, s.end, type, code, rest);
        expect(Icmp4.check(b, s.at, s.end)).toBe(Icmp4.Malformed.NO);
        expect([Icmp4.type(b, s.at), Icmp4.code(b, s.at), Icmp4.rest(b, s.at)]).toEqual([type, code, rest]);
        expect((Icmp4.id(b, s.at) << 16) | Icmp4.sequence(b, s.at)).toBe(rest);
        b[s.at + byte] = b[s.at + byte]! ^ (1 << bit);
        expect(Icmp4.check(b, s.at, s.end)).toBe(Icmp4.Malformed.CHECKSUM);
      }),
    );
  });

  it('knows errors from questions (RFC 1122 3.2.2)', () => {
    const errors = Object.values(Icmp4.Type).filter(Icmp4.isError);
    expect(errors).toEqual([3, 4, 5, 11, 12]);
  });
});

describe('ICMPv6', () => {
  it('gives back what was emitted; the pseudo header is part of the sum', () => {
    fc.assert(
      fc.property(spot(30), fc.nat(255), i32, u16, (s, type, rest, pseudo) => {
        const b = guarded(s);
        Icmp6.emit(b, s.at, s.end, type, 0, rest, pseudo);
        expect(Icmp6.check(b, s.at, s.end, pseudo)).toBe(Icmp6.Malformed.NO);
        expect([Icmp6.type(b, s.at), Icmp6.rest(b, s.at)]).toEqual([type, rest]);
        expect(Icmp6.check(b, s.at, s.end, pseudo + 1)).toBe(Icmp6.Malformed.CHECKSUM);
      }),
    );
  });

  it('finds the option of a neighbour solicitation (RFC 4861 4.3)', () => {
    const b = SOLICITATION;
    expect(Icmp6.checkNeighbour(b, 0, b.length)).toBe(Icmp6.Malformed.NO);
    expect(Icmp6.option(b, 0, b.length, Icmp6.Option.SOURCE_LINK)).toBe(24);
    expect(Icmp6.option(b, 0, b.length, Icmp6.Option.TARGET_LINK)).toBe(-1);
  });

  it.each<[string, (b: Uint8Array) => number]>([
    ['an option of length 0', (b) => (b[25] = 0)],
    ['an option that goes beyond the end', (b) => (b[25] = 2)],
    ['a code', (b) => (b[1] = 1)],
  ])('refuses neighbour discovery with %s', (_what, spoil) => {
    const b = SOLICITATION.slice();
    spoil(b);
    expect(Icmp6.checkNeighbour(b, 0, b.length)).toBe(Icmp6.Malformed.NEIGHBOUR);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(hostile(SOLICITATION), (s) => {
        const b = guarded(s);
        if (Icmp6.check(b, s.at, s.end, 0) === Icmp6.Malformed.SHORT) return;
        if (Icmp6.checkNeighbour(b, s.at, s.end) === Icmp6.Malformed.NO) Icmp6.option(b, s.at, s.end, 1);
      }),
    );
  });
});
