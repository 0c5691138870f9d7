// Descriptors for tests, and what the kernel says of those that are open.
import { readdirSync, readFileSync } from 'node:fs';
import { Family, libc, Region, SocketType } from '../src/index.ts';

/** Of <asm/unistd_64.h> and <asm-generic/unistd.h>. */
const NUMBERS =
  process.arch === 'x64'
    ? { pipe2: 293, getrlimit: 97, setrlimit: 160 }
    : { pipe2: 59, getrlimit: 163, setrlimit: 164 };
const OPEN_FILES = 7;

/** pipe(2): where it is read, and where it is written. */
export function pipe(): [number, number] {
  const ends = new Region(8);
  const result = libc.systemCall(NUMBERS.pipe2, ends.address, SocketType.CLOEXEC, 0);
  if (result < 0) throw new Error(`pipe2: ${result}`);
  return [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
}

/** socketpair(2) of `type`, non-blocking. */
export function socketPair(type: number): [number, number] {
  const ends = new Region(8);
  const result = libc.socketpair(Family.UNIX, type | SocketType.NONBLOCK | SocketType.CLOEXEC, 0, ends.address);
  if (result < 0) throw new Error(`socketpair: ${result}`);
  return [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
}

export function write(fd: number, bytes: Uint8Array): number {
  const region = new Region(bytes.length);
  region.bytes.set(bytes);
  return libc.write(fd, region.address, bytes.length);
}

/** What one read(2) brings; minus an error. */
export function read(fd: number, most: number = 65_536): Uint8Array | number {
  const region = new Region(most);
  const n = libc.read(fd, region.address, most);
  return n < 0 ? n : region.bytes.slice(0, n);
}

/** Of this process. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Flags of open(2). */
export function flagsOf(fd: number): number {
  return Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8);
}

/** Runs `body` in a process that has `spare` descriptors left. It must not wait. */
export function withDescriptorsLeft<T>(spare: number, body: () => T): T {
  const before = new Region(16);
  libc.systemCall(NUMBERS.getrlimit, OPEN_FILES, before.address, 0);
  const filling: number[] = [];
  const highest = Math.max(...readdirSync('/proc/self/fd').map(Number));
  const lowered = new Region(16);
  lowered.bytes.set(before.bytes);
  lowered.size(0, highest + 1 + spare);
  for (let fd = libc.eventfd(0, 0); ; fd = libc.eventfd(0, 0)) {
    filling.push(fd);
    if (fd > highest) break; // no gap is left below
  }
  libc.close(filling.pop()!);
  libc.systemCall(NUMBERS.setrlimit, OPEN_FILES, lowered.address, 0);
  try {
    return body();
  } finally {
    libc.systemCall(NUMBERS.setrlimit, OPEN_FILES, before.address, 0);
    for (const fd of filling) libc.close(fd);
  }
}
