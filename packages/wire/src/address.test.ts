import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { i32 } from '../test/spot.ts';
import { format4, format6, formatMac, mask4, parse4, parse6, parseCidr4, parseMac } from './address.ts';

describe('IPv4', () => {
  it('text and back', () => {
    fc.assert(
      fc.property(i32, (ip) => {
        expect(parse4(format4(ip))).toBe(ip);
      }),
    );
  });

  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.-4',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1..2.3',
    '0x1.2.3.4',
    '1.2.3.4/8',
  ])("'%s' is no address", (text) => {
    expect(parse4(text)).toBeNull();
  });

  it('networks', () => {
    expect(parseCidr4('10.0.2.0/24')).toEqual({ address: 0x0a000200, prefix: 24 });
    for (const text of ['10.0.2.0', '10.0.2.0/', '10.0.2.0/33', '10.0.2.0/-1', '10.0.2.0/024', 'x/24'])
      expect(parseCidr4(text)).toBeNull();
    expect([0, 1, 8, 24, 31, 32].map((prefix) => mask4(prefix) >>> 0)).toEqual([
      0, 0x80000000, 0xff000000, 0xffffff00, 0xfffffffe, 0xffffffff,
    ]);
  });
});

describe('IPv6', () => {
  const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
  const sparse = fc
    .array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
    .map((bytes) => Uint8Array.from(bytes));

  it('text and back, as Node understands it too', () => {
    fc.assert(
      fc.property(fc.oneof(address, sparse), (bytes) => {
        const text = format6(bytes, 0);
        const back = new Uint8Array(16);
        expect([isIPv6(text), parse6(text, back, 0)]).toEqual([true, true]);
        expect(back).toEqual(bytes);
      }),
    );
  });

  test.each([
    ['2001:0db8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['fe80::1', 'fe80::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // RFC 5952 4.2.2: one field of zeros is not shortened
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // 4.2.3: the longest run
  ])('%s is written %s (RFC 5952)', (text, canonical) => {
    const b = new Uint8Array(16);
    expect(parse6(text, b, 0)).toBe(true);
    expect(format6(b, 0)).toBe(canonical);
  });

  test.each([
    '',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    '::1.2.3',
    'fe80::1%eth0',
  ])("'%s' is no address", (text) => {
    expect(parse6(text, new Uint8Array(16), 0)).toBe(false);
  });
});

describe('MAC', () => {
  it('text and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (mac) => {
        const back = new Uint8Array(8);
        expect(parseMac(formatMac(mac, 0), back, 1)).toBe(true);
        expect(back.slice(1, 7)).toEqual(mac);
      }),
    );
  });

  test.each(['', '52:54:00:12:34', '52:54:00:12:34:56:78', '52:54:00:12:34:5g', '525400123456'])(
    "'%s' is none",
    (text) => {
      expect(parseMac(text, new Uint8Array(6), 0)).toBe(false);
    },
  );
});
