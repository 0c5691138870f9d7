import { fold, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Ipv6 from '@reslirp/wire/ipv6';
import * as Udp from '@reslirp/wire/udp';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Train } from './train.ts';

const AT = 10;
const NOBODY = new Uint8Array(6);

/** A frame at AT, with `options` bytes of IPv4 options, or of IPv6. */
function frame(is4: boolean, options: number, payload: Uint8Array): { b: Uint8Array; headers: number } {
  const ipHeader = is4 ? Ipv4.HEADER + options : Ipv6.HEADER;
  const headers = Ether.HEADER + ipHeader + Udp.HEADER;
  const b = new Uint8Array(AT + headers + payload.length).fill(0xee);
  const ip = AT + Ether.HEADER;
  Ether.emit(b, AT, NOBODY, 0, NOBODY, 0, is4 ? Ether.Type.IP4 : Ether.Type.IP6);
  if (is4) {
    Ipv4.emit(b, ip, ipHeader + Udp.HEADER, 1, 2, Ipv4.Protocol.UDP, 64, 0, 7, 0);
    b[ip] = 0x40 | (ipHeader / 4);
  } else Ipv6.emit(b, ip, Udp.HEADER, Ipv4.Protocol.UDP, 64, 0, 0);
  Udp.emit(b, ip + ipHeader, 1000, 53, 0, 0);
  b.set(payload, AT + headers);
  return { b, headers };
}

test('every datagram has its payload, its lengths, and a header that holds', () => {
  const shape = fc.record({
    is4: fc.boolean(),
    options: fc.nat(10).map((words) => words * 4),
    payload: fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
    size: fc.integer({ min: 1, max: 1_500 }),
  });
  fc.assert(
    fc.property(shape, ({ is4, options, payload, size }) => {
      const { b, headers } = frame(is4, options, payload);
      const train = new Train();
      expect(train.open(b, AT, b.length, headers, size)).toBe(true);
      const got: number[] = [];
      while (train.next()) {
        const { at, end } = train;
        const ip = at + Ether.HEADER;
        const udp = at + headers - Udp.HEADER;
        expect(Udp.check(b, udp, end)).toBe(Udp.Malformed.NO);
        expect([Udp.end(b, udp), Udp.srcPort(b, udp), Udp.dstPort(b, udp)]).toEqual([end, 1000, 53]);
        if (is4) {
          expect([Ipv4.end(b, ip), Ipv4.src(b, ip), Ipv4.dst(b, ip)]).toEqual([end, 1, 2]);
          expect(fold(sum(b, ip, udp))).toBe(0xffff);
        } else expect(Ipv6.end(b, ip)).toBe(end);
        got.push(...b.subarray(at + headers, end));
        expect(end - at - headers).toBe(got.length < payload.length ? size : ((payload.length - 1) % size) + 1);
      }
      expect(Uint8Array.from(got)).toEqual(payload);
    }),
  );
});

test.each([
  ['headers that are shorter than they are', -1],
  ['headers that are longer', 1],
  ['headers beyond the end', 3_000],
])('%s: no train', (_, off) => {
  const { b, headers } = frame(true, 0, new Uint8Array(100));
  expect(new Train().open(b, AT, b.length, headers + off, 10)).toBe(false);
});

test.each([
  ['TCP', 14 + 9, 6],
  ['an unknown type', 12, 0x90],
])('%s: no train', (_, offset, value) => {
  const { b, headers } = frame(true, 0, new Uint8Array(100));
  b[AT + offset] = value;
  expect(new Train().open(b, AT, b.length, headers, 10)).toBe(false);
});

test('of any bytes, nothing outside of them is read or written', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.nat(150),
      fc.integer({ min: 1, max: 100 }),
      (b, headers, size) => {
        const train = new Train();
        if (!train.open(b, 0, b.length, headers, size)) return;
        while (train.next()) expect([train.at >= 0, train.end <= b.length]).toEqual([true, true]);
      },
    ),
  );
});
