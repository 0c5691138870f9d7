import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Endpoint } from './endpoint.ts';

it.each([
  ['10.0.2.15', 80, '10.0.2.15:80', true],
  ['255.255.255.255', 0, '255.255.255.255:0', true],
  ['2001:db8::1', 443, '[2001:db8::1]:443', false],
  ['::', 1, '[::]:1', false],
  ['::ffff:192.0.2.7', 9, '192.0.2.7:9', true], // RFC 4291 2.5.5.2: the same endpoint, however it is written
])('reads %s', (text, port, shown, is4) => {
  const e = Endpoint.parse(text, port)!;
  expect([String(e), e.is4, e.port]).toEqual([shown, is4, port]);
});

it.each(['', '10.0.2', '010.0.2.1', '10.0.2.256', '::1%eth0', 'localhost', ':::'])('refuses %j', (text) => {
  expect(Endpoint.parse(text)).toBeNull();
});

it('reads what it writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(0xffff), (b, port) => {
      const e = new Endpoint().set6(b, 0, port);
      expect(Endpoint.parse(e.address(), port)!.equals(e)).toBe(true);
    }),
  );
});

it('is compared by address, and by address and port', () => {
  const a = Endpoint.parse('2001:db8::1', 1)!;
  const b = a.copy();
  b.port = 2;
  expect([a.sameAddress(b), a.equals(b), a.equals(a.copy())]).toEqual([true, false, true]);
  b.w0++;
  expect(a.sameAddress(b)).toBe(false);
});
