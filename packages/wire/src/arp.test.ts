import fc from 'fast-check';
import { expect, it } from 'vitest';
import { guarded, hex, hostile, i32, spot } from '../test/spot.ts';
import { parse4 } from './address.ts';
import * as Arp from './arp.ts';
import { sameMac } from './ether.ts';

const REQUEST = hex('0001 0800 06 04 0001 525400123456 0a00020f 000000000000 0a000202');

it('reads a request', () => {
  expect(Arp.check(REQUEST, 0, REQUEST.length)).toBe(Arp.Malformed.NO);
  expect(Arp.op(REQUEST, 0)).toBe(Arp.Op.REQUEST);
  expect([Arp.spa(REQUEST, 0), Arp.tpa(REQUEST, 0)]).toEqual([parse4('10.0.2.15'), parse4('10.0.2.2')]);
});

it.each([
  ['one byte short', REQUEST.slice(0, 27), Arp.Malformed.SHORT],
  ['token ring', hex('0006 0800 06 04 0001 525400123456 0a00020f 000000000000 0a000202'), Arp.Malformed.KIND],
  ['for IPv6', hex('0001 86dd 06 04 0001 525400123456 0a00020f 000000000000 0a000202'), Arp.Malformed.KIND],
  ['long addresses', hex('0001 0800 08 04 0001 525400123456 0a00020f 000000000000 0a000202'), Arp.Malformed.KIND],
  [
    'long protocol addresses',
    hex('0001 0800 06 10 0001 525400123456 0a00020f 000000000000 0a000202'),
    Arp.Malformed.KIND,
  ],
])('refuses what is %s', (_what, b, why) => {
  expect(Arp.check(b, 0, b.length)).toBe(why);
});

it('survives any bytes', () => {
  fc.assert(
    fc.property(hostile(REQUEST), (s) => {
      const b = guarded(s);
      if (Arp.check(b, s.at, s.end) === Arp.Malformed.NO) {
        Arp.op(b, s.at);
        Arp.spa(b, s.at);
        Arp.tpa(b, s.at);
        sameMac(b, s.at + Arp.SHA, b, s.at + Arp.THA);
      }
    }),
  );
});

it('accepts what it emits', () => {
  const mac = fc.uint8Array({ minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(spot(Arp.HEADER), fc.nat(0xffff), mac, i32, mac, i32, (s, op, sha, spa, tha, tpa) => {
      const b = guarded(s);
      Arp.emit(b, s.at, op, sha, 2, spa, tha, 1, tpa);
      expect(Arp.check(b, s.at, s.end)).toBe(Arp.Malformed.NO);
      expect([Arp.op(b, s.at), Arp.spa(b, s.at), Arp.tpa(b, s.at)]).toEqual([op, spa, tpa]);
      expect(sameMac(b, s.at + Arp.SHA, sha, 2) && sameMac(b, s.at + Arp.THA, tha, 1)).toBe(true);
    }),
  );
});
