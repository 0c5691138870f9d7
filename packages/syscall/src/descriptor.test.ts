import { afterEach, describe, expect, test } from 'vitest';
import { flagsOf, openDescriptors, pipe, read, withDescriptorsLeft, write } from '../test/descriptors.ts';
import { Level, Message, Open } from './constants.ts';
import { awaitNotice, channel, notify, receiveDescriptor, sendDescriptor } from './descriptor.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';

const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) libc.close(fd);
});

function ends(): [number, number] {
  const pair = channel()!;
  open.push(...pair);
  return pair;
}

/** A message with `fds`, as another program may send it. */
function sendAll(to: number, fds: readonly number[]): number {
  const CONTROL = 80;
  const message = new Region(CONTROL + 16 + 4 * fds.length + 4);
  message.pointer(16, message.address + 56);
  message.size(24, 1);
  message.pointer(32, message.address + CONTROL);
  message.size(40, 16 + 4 * fds.length);
  message.pointer(56, message.address + 72);
  message.size(64, 1);
  message.size(CONTROL, 16 + 4 * fds.length);
  message.view.setInt32(CONTROL + 8, Level.SOCKET, true);
  message.view.setInt32(CONTROL + 12, 1, true);
  for (const [i, fd] of fds.entries()) message.view.setInt32(CONTROL + 16 + 4 * i, fd, true);
  return libc.sendmsg(to, message.address, 0);
}

describe('a descriptor over a channel', () => {
  test('is another one of the same open file, closed on exec', () => {
    const [a, b] = ends();
    const [from, to] = pipe();
    open.push(from, to);
    expect(sendDescriptor(a, from)).toBe(1);
    const got = receiveDescriptor(b);
    open.push(got);
    expect([from, to]).not.toContain(got);
    expect(flagsOf(got) & Open.CLOEXEC).not.toBe(0);
    write(to, Uint8Array.of(1, 2, 3));
    expect(read(got)).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('several come in order, in both directions', () => {
    const [a, b] = ends();
    const made = Array.from({ length: 3 }, () => pipe());
    open.push(...made.flat());
    for (const [from] of made) sendDescriptor(a, from);
    for (const [i, [, to]] of made.entries()) {
      const got = receiveDescriptor(b);
      open.push(got);
      write(to, Uint8Array.of(i));
      expect(read(got)).toEqual(Uint8Array.of(i));
    }
    sendDescriptor(b, a);
    open.push(receiveDescriptor(a));
    expect(open.at(-1)).toBeGreaterThan(2);
  });

  test('of two in one message the second is not kept', () => {
    const [a, b] = ends();
    const [from, to] = pipe();
    open.push(from, to);
    expect(sendAll(a, [from, to])).toBe(1);
    const before = openDescriptors();
    const got = receiveDescriptor(b);
    open.push(got);
    expect(openDescriptors()).toBe(before + 1);
    write(to, Uint8Array.of(7));
    expect(read(got)).toEqual(Uint8Array.of(7));
  });
});

describe('there is none', () => {
  test('when the other end has closed', () => {
    const [a, b] = channel()!;
    libc.close(a);
    expect(receiveDescriptor(b)).toBe(-1);
    expect(sendDescriptor(b, b)).toBe(-Errno.EPIPE);
    libc.close(b);
  });

  test('in a message without one; the next may have it', () => {
    const [a, b] = ends();
    expect(libc.send(a, new Region(8).address, 1, Message.NOSIGNAL)).toBe(1);
    sendDescriptor(a, a);
    expect(receiveDescriptor(b)).toBe(-1);
    const got = receiveDescriptor(b);
    open.push(got);
    expect(got).toBeGreaterThan(2);
  });

  test('when what is sent is none, or the channel is none', () => {
    const [a] = ends();
    expect(sendDescriptor(a, 54_321)).toBe(-Errno.EBADF);
    expect(sendDescriptor(54_321, a)).toBe(-Errno.EBADF);
    expect(receiveDescriptor(54_321)).toBe(-1);
  });

  test('when the receiver has no number left for it', () => {
    const [a, b] = ends();
    sendDescriptor(a, a);
    expect(withDescriptorsLeft(0, () => receiveDescriptor(b))).toBe(-1);
  });
});

test('no channel without descriptors, and none of it is kept', () => {
  const before = openDescriptors();
  expect(withDescriptorsLeft(1, () => channel())).toBeNull();
  expect(openDescriptors()).toBe(before);
});

describe('a notice', () => {
  test('arrives', () => {
    const [a, b] = ends();
    expect(notify(a)).toBe(1);
    expect(awaitNotice(b)).toBe(true);
  });

  test('does not come from who has closed, and is not sent to him', () => {
    const [a, b] = channel()!;
    libc.close(a);
    expect(awaitNotice(b)).toBe(false);
    expect(notify(b)).toBe(-Errno.EPIPE);
    libc.close(b);
  });
});
