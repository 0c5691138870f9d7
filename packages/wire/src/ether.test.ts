import fc from 'fast-check';
import { expect, it } from 'vitest';
import { guarded, hex, hostile, spot } from '../test/spot.ts';
import * as Ether from './ether.ts';
import * as Vlan from './vlan.ts';

const FRAME = hex('ffffffffffff 525500000002 8100 6064 0806 0001');

it('reads a tagged frame', () => {
  expect(Ether.check(FRAME, 0, FRAME.length)).toBe(Ether.Malformed.NO);
  expect(Ether.type(FRAME, 0)).toBe(Ether.Type.VLAN);
  expect([Ether.isGroup(FRAME, Ether.DST), Ether.isGroup(FRAME, Ether.SRC)]).toEqual([true, false]);
  expect(Ether.sameMac(FRAME, Ether.SRC, hex('525500000003'), 0)).toBe(false);
  const tag = Ether.HEADER;
  expect(Vlan.check(FRAME, tag, FRAME.length)).toBe(Vlan.Malformed.NO);
  expect([Vlan.priority(FRAME, tag), Vlan.dropEligible(FRAME, tag), Vlan.id(FRAME, tag)]).toEqual([3, false, 100]);
  expect(Vlan.type(FRAME, tag)).toBe(Ether.Type.ARP);
});

it('survives any bytes', () => {
  fc.assert(
    fc.property(hostile(FRAME), (s) => {
      const b = guarded(s);
      if (Ether.check(b, s.at, s.end) !== Ether.Malformed.NO) return;
      Ether.sameMac(b, s.at + Ether.SRC, b, s.at + Ether.DST);
      if (Ether.type(b, s.at) !== Ether.Type.VLAN || Vlan.check(b, s.at + Ether.HEADER, s.end) !== Vlan.Malformed.NO)
        return;
      Vlan.type(b, s.at + Ether.HEADER);
    }),
  );
});

it('accepts what it emits', () => {
  const mac = fc.uint8Array({ minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(
      spot(18),
      mac,
      mac,
      fc.nat(0xffff),
      fc.nat(7),
      fc.boolean(),
      fc.nat(0xfff),
      (s, dst, src, type, pcp, dei, vid) => {
        const b = guarded(s);
        const tag = s.at + Ether.HEADER;
        Ether.emit(b, s.at, dst, 1, src, 2, Ether.Type.VLAN);
        Vlan.emit(b, tag, pcp, dei, vid, type);
        expect([Ether.check(b, s.at, s.end), Vlan.check(b, tag, s.end)]).toEqual([0, 0]);
        expect(Ether.sameMac(b, s.at + Ether.DST, dst, 1) && Ether.sameMac(b, s.at + Ether.SRC, src, 2)).toBe(true);
        expect(Ether.type(b, s.at)).toBe(Ether.Type.VLAN);
        expect([Vlan.priority(b, tag), Vlan.dropEligible(b, tag), Vlan.id(b, tag), Vlan.type(b, tag)]).toEqual([
          pcp,
          dei,
          vid,
          type,
        ]);
      },
    ),
  );
});
