// Options of sockets whose value is an integer, the one that is a pair, and the one that is a table of bits; and one question.
import { Level, SocketOption, SocketRequest } from './constants.ts';
import { INTERFACE_NAME } from './interface.ts';
import { getsockopt, ioctl, setsockopt } from './libc.ts';
import { Region } from './memory.ts';

const value = new Region(16);

/** 0, or minus an error. */
export function setOption(fd: number, level: number, name: number, n: number): number {
  value.view.setInt32(0, n, true);
  return setsockopt(fd, level, name, value.address, 4);
}

/** For a value of several words, host order. 0, or minus an error. */
export function setWords(fd: number, level: number, name: number, words: readonly number[]): number {
  const region = new Region(words.length * 4);
  for (const [i, word] of words.entries()) region.view.setInt32(i * 4, word, true);
  return setsockopt(fd, level, name, region.address, words.length * 4);
}

/** SO_ERROR, which reading clears: minus the error that is pending, 0 when there is none. */
export function pendingError(fd: number): number {
  value.view.setInt32(8, 4, true);
  const result = getsockopt(fd, Level.SOCKET, SocketOption.ERROR, value.address, value.address + 8);
  return result < 0 ? result : 0 - value.view.getInt32(0, true); // no -0
}

/** Whether the next byte of a stream is the urgent one: SIOCATMARK of tcp(7). */
export function isAtMark(fd: number): boolean {
  value.view.setInt32(0, 0, true);
  return ioctl(fd, SocketRequest.ATMARK, value.address) >= 0 && value.view.getInt32(0, true) !== 0;
}

/** What close() does from now on: resets, rather than to finish (socket(7), SO_LINGER with a time of 0). */
export function resetOnClose(fd: number): number {
  value.view.setInt32(0, 1, true);
  value.view.setInt32(4, 0, true);
  return setsockopt(fd, Level.SOCKET, SocketOption.LINGER, value.address, 8);
}

/** Binds a socket to the interface `name`: SO_BINDTODEVICE of socket(7). 0, or minus an error. */
export function bindToInterface(fd: number, name: string): number {
  const text = new Region(INTERFACE_NAME + 1);
  new TextEncoder().encodeInto(name, text.bytes.subarray(0, INTERFACE_NAME));
  return setsockopt(fd, Level.SOCKET, SocketOption.BINDTODEVICE, text.address, text.bytes.length);
}
