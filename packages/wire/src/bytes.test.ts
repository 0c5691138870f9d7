import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hex, i32 as int32, spot, u16 as word } from '../test/spot.ts';
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';

it('reads the order of the network', () => {
  const b = hex('80 01 fe ff');
  expect([u8(b, 0), u16(b, 0), u16(b, 2), i32(b, 0)]).toEqual([0x80, 0x8001, 0xfeff, 0x8001feff | 0]);
});

it('gives back what it wrote, and touches nothing else', () => {
  fc.assert(
    fc.property(spot(7), fc.nat(255), word, int32, ({ b, at, end }, x, y, z) => {
      const before = b.slice();
      put8(b, at, x);
      put16(b, at + 1, y);
      put32(b, at + 3, z);
      expect([u8(b, at), u16(b, at + 1), i32(b, at + 3)]).toEqual([x, y, z]);
      expect(b.slice(0, at)).toEqual(before.slice(0, at));
      expect(b.slice(end)).toEqual(before.slice(end));
    }),
  );
});
