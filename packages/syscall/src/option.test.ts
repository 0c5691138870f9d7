import { constants } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { pipe, read, write } from '../test/descriptors.ts';
import { bound, connect, connection, loopbackAt, socket } from '../test/loopback.ts';
import { IpOption, Level, SocketOption, SocketType } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';
import { pendingError, resetOnClose, setOption } from './option.ts';

const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) libc.close(fd);
});

function integer(fd: number, level: number, name: number): number {
  const value = new Region(8);
  value.view.setUint32(4, 4, true);
  expect(libc.getsockopt(fd, level, name, value.address, value.address + 4)).toBe(0);
  return value.view.getInt32(0, true);
}

test('an option has the value that it got', () => {
  const fd = socket(SocketType.DGRAM);
  open.push(fd);
  for (const ttl of [1, 64, 255]) {
    expect(setOption(fd, Level.IP, IpOption.TTL, ttl)).toBe(0);
    expect(integer(fd, Level.IP, IpOption.TTL)).toBe(ttl);
  }
  expect(setOption(fd, Level.SOCKET, SocketOption.BROADCAST, 1)).toBe(0);
  expect(integer(fd, Level.SOCKET, SocketOption.BROADCAST)).toBe(1);
});

test('an option that is none, a value that is none, and what is no socket: errors by their numbers', () => {
  const fd = socket(SocketType.DGRAM);
  const ends = pipe();
  open.push(fd, ...ends);
  expect(setOption(fd, Level.SOCKET, 9_999, 1)).toBe(-Errno.ENOPROTOOPT);
  expect(setOption(fd, Level.IP, IpOption.TTL, 256)).toBe(-Errno.EINVAL);
  expect(setOption(ends[0], Level.IP, IpOption.TTL, 1)).toBe(-constants.errno.ENOTSOCK);
  expect(resetOnClose(ends[0])).toBe(-constants.errno.ENOTSOCK);
  expect(pendingError(54_321)).toBe(-Errno.EBADF);
});

test('an error that is pending is told once', async () => {
  const listener = socket(SocketType.STREAM);
  const port = bound(listener);
  libc.close(listener);
  const fd = socket(SocketType.STREAM);
  open.push(fd);
  expect(pendingError(fd)).toBe(0);
  expect([-Errno.EINPROGRESS, -Errno.ECONNREFUSED]).toContain(connect(fd, loopbackAt(4, port)));
  expect([pendingError(fd), pendingError(fd)]).toEqual([-Errno.ECONNREFUSED, 0]);
});

test('close() finishes, and after resetOnClose() it resets', () => {
  for (const [prepare, seen] of [
    [() => 0, new Uint8Array(0)],
    [resetOnClose, -Errno.ECONNRESET],
  ] as const) {
    const [near, far] = connection();
    open.push(far);
    write(near, Uint8Array.of(1));
    expect(read(far)).toEqual(Uint8Array.of(1));
    expect(prepare(near)).toBe(0);
    libc.close(near);
    expect(read(far)).toEqual(seen);
  }
});
