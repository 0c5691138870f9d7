import { expect, test } from 'vitest';
import { EventFd } from './constants.ts';
import * as libc from './libc.ts';
import { AddressCache, addressOf, Region } from './memory.ts';

test('small arrays stay where they are, however much garbage there is', () => {
  const small = Array.from({ length: 2_000 }, (_, i) => new Uint8Array(8).fill(i));
  const addresses = small.map((b) => addressOf(b));
  for (let i = 0; i < 200_000; i++) new Uint8Array(32);
  (globalThis as { gc?: () => void }).gc?.();
  expect(small.map((b) => addressOf(b))).toEqual(addresses);
});

test('the kernel reads and writes at the address', () => {
  const fd = libc.eventfd(0, EventFd.NONBLOCK);
  const sent = Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0);
  const got = new Region(8);
  const cache = new AddressCache();
  expect(libc.write(fd, cache.of(sent), 8)).toBe(8);
  expect(cache.of(sent)).toBe(addressOf(sent));
  expect(libc.read(fd, got.address, 8)).toBe(8);
  expect([...got.bytes]).toEqual([...sent]);
  libc.close(fd);
});
