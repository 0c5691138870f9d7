import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { pipe, read } from '../test/descriptors.ts';
import { EventFd } from './constants.ts';
import * as libc from './libc.ts';
import { AddressCache, addressOf, Region } from './memory.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Garbage of all sizes, young and old, and what moves because of it. */
function churn(): void {
  for (let round = 0; round < 3; round++) {
    const kept = Array.from({ length: 20_000 }, (_, i) => new Uint8Array(i % 100));
    kept.length = 10;
    collect();
  }
}

describe('an address', () => {
  test('of a small array is for good, however much garbage there is', () => {
    const small = Array.from({ length: 2_000 }, (_, i) => new Uint8Array(8).fill(i));
    const addresses = small.map((b) => addressOf(b));
    churn();
    expect(small.map((b) => addressOf(b))).toEqual(addresses);
  });

  test('is where the bytes are, after everything around them has moved', () => {
    const [from, to] = pipe();
    const regions = Array.from({ length: 200 }, (_, i) => new Region(1 + (i % 80)));
    churn();
    for (const [i, region] of regions.entries()) region.bytes.fill(i);
    for (const [i, region] of regions.entries()) {
      expect(libc.write(to, region.address, region.bytes.length)).toBe(region.bytes.length);
      expect(read(from)).toEqual(new Uint8Array(1 + (i % 80)).fill(i));
    }
    libc.close(from);
    libc.close(to);
  });

  test('of a part of an array is where the part begins', () => {
    const whole = new Uint8Array(64);
    expect(addressOf(whole.subarray(10, 20))).toBe(addressOf(whole) + 10);
  });

  test('is read from and written to by the kernel', () => {
    const fd = libc.eventfd(0, EventFd.NONBLOCK);
    const sent = Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0);
    const got = new Region(8);
    expect(libc.write(fd, addressOf(sent), 8)).toBe(8);
    expect(libc.read(fd, got.address, 8)).toBe(8);
    expect([...got.bytes]).toEqual([...sent]);
    libc.close(fd);
  });
});

describe('regions', () => {
  test('lie on multiples of 8, apart from each other', () => {
    const regions = Array.from({ length: 500 }, (_, i) => new Region(1 + i));
    const sorted = regions.toSorted((a, b) => a.address - b.address);
    for (const [i, { address, bytes }] of sorted.entries()) {
      expect(address % 8).toBe(0);
      const next = sorted[i + 1];
      if (next !== undefined) expect(address + bytes.length).toBeLessThanOrEqual(next.address);
    }
  });

  test('begin as zeros, and hold addresses and sizes of 64 bits', () => {
    const region = new Region(24);
    expect(region.bytes.every((byte) => byte === 0)).toBe(true);
    region.pointer(0, 0x7fff_1234_5678);
    region.size(8, 2 ** 40 + 1);
    expect([...region.bytes]).toEqual([
      0x78,
      0x56,
      0x34,
      0x12,
      0xff,
      0x7f,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      1,
      ...Array(10).fill(0),
    ]);
  });
});

describe('the cache', () => {
  test('tells apart who takes turns', () => {
    const cache = new AddressCache();
    const [a, b] = [new Uint8Array(100), new Uint8Array(100)];
    const asked = [a, a, b, a, b, b].map((bytes) => cache.of(bytes));
    expect(asked).toEqual([a, a, b, a, b, b].map((bytes) => addressOf(bytes)));
  });

  test('tells apart views of the same memory', () => {
    const cache = new AddressCache();
    const whole = new Uint8Array(100);
    expect(cache.of(whole.subarray(7)) - cache.of(whole)).toBe(7);
  });

  test('keeps alive what it remembers: its address is nobody else’s meanwhile', () => {
    const cache = new AddressCache();
    const address = cache.of(new Uint8Array(64).fill(9));
    churn();
    const others = Array.from({ length: 5_000 }, () => addressOf(new Uint8Array(64)));
    expect(others).not.toContain(address);
  });
});
