import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Family, SocketType } from './constants.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';
import { type AddressAndPort, getSocketAddress, putSocketAddress, SOCKET_ADDRESS_SIZE } from './socket-address.ts';

const MAPPED = 0xffff;
const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const port = fc.integer({ min: 0, max: 0xffff });
const mapped = fc.record({
  w0: fc.constant(0),
  w1: fc.constant(0),
  w2: fc.constant(MAPPED),
  w3: word,
  port,
});
const any6 = fc.record({ w0: word, w1: word, w2: word, w3: word, port });
const nothing = (): AddressAndPort => ({ w0: 1, w1: 2, w2: 3, w3: 4, port: 5 });

test('what was written is read, at any place of dirty memory, and nothing around it is touched', () => {
  fc.assert(
    fc.property(fc.oneof(mapped, any6), fc.nat(40), fc.nat(255), (e, at, dirt) => {
      const region = new Region(80);
      region.bytes.fill(dirt);
      const size = putSocketAddress(region, at, e);
      const got = nothing();
      expect(getSocketAddress(region, at, got)).toBe(true);
      expect(got).toEqual(e);
      expect(size).toBe(e.w0 === 0 && e.w1 === 0 && e.w2 === MAPPED ? 16 : SOCKET_ADDRESS_SIZE);
      const around = [...region.bytes.subarray(0, at), ...region.bytes.subarray(at + size)];
      expect(around.every((byte) => byte === dirt)).toBe(true);
    }),
  );
});

test('the bytes are those of ip(7) and ipv6(7)', () => {
  const region = new Region(SOCKET_ADDRESS_SIZE);
  region.bytes.fill(0xee);
  expect(putSocketAddress(region, 0, { w0: 0, w1: 0, w2: MAPPED, w3: 0x7f000001, port: 8080 })).toBe(16);
  expect([...region.bytes.subarray(0, 16)]).toEqual([2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  putSocketAddress(region, 0, { w0: 0x20010db8, w1: 0, w2: 0, w3: 1, port: 53 });
  expect([...region.bytes]).toEqual([
    ...[10, 0, 0, 53, 0, 0, 0, 0],
    ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ...[0, 0, 0, 0],
  ]);
});

test('another family is none, and leaves the endpoint as it was', () => {
  const region = new Region(SOCKET_ADDRESS_SIZE);
  for (const family of [0, Family.UNIX, 16, 0xffff]) {
    region.view.setUint16(0, family, true);
    const e = nothing();
    expect(getSocketAddress(region, 0, e)).toBe(false);
    expect(e).toEqual(nothing());
  }
});

describe('the kernel understands', () => {
  const LOOPBACK = { 4: { w0: 0, w1: 0, w2: MAPPED, w3: 0x7f000001 }, 6: { w0: 0, w1: 0, w2: 0, w3: 1 } };

  test.each([4, 6] as const)('IPv%i: a socket is bound where it was told, to a port of its own', (family) => {
    const name = new Region(SOCKET_ADDRESS_SIZE);
    const size = new Region(4);
    size.view.setUint32(0, SOCKET_ADDRESS_SIZE, true);
    const fd = libc.socket(family === 4 ? Family.INET : Family.INET6, SocketType.DGRAM, 0);
    const wanted = putSocketAddress(name, 0, { ...LOOPBACK[family], port: 0 });
    expect(libc.bind(fd, name.address, wanted)).toBe(0);
    expect(libc.getsockname(fd, name.address, size.address)).toBe(0);
    expect(size.view.getUint32(0, true)).toBe(wanted);
    const got = nothing();
    getSocketAddress(name, 0, got);
    expect(got).toEqual({ ...LOOPBACK[family], port: expect.any(Number) });
    expect(got.port).toBeGreaterThan(0);
    libc.close(fd);
  });
});
