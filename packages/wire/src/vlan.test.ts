import fc from 'fast-check';
import { expect, it } from 'vitest';
import { guarded, spot, u16 } from '../test/spot.ts';
import * as Vlan from './vlan.ts';

it('gives back what was emitted, of each field the bits that fit', () => {
  fc.assert(
    fc.property(spot(4), u16, fc.nat(15), fc.boolean(), u16, (s, id, priority, eligible, type) => {
      const b = guarded(s);
      Vlan.emit(b, s.at, priority, eligible, id, type);
      expect(Vlan.check(b, s.at, s.end)).toBe(Vlan.Malformed.NO);
      expect([Vlan.id(b, s.at), Vlan.priority(b, s.at), Vlan.dropEligible(b, s.at), Vlan.type(b, s.at)]).toEqual([
        id & 0xfff,
        priority & 7,
        eligible,
        type,
      ]);
    }),
  );
});

it('refuses three bytes', () => {
  expect(Vlan.check(new Uint8Array(3), 0, 3)).toBe(Vlan.Malformed.SHORT);
});
