// Descriptors from one process to another: SCM_RIGHTS of unix(7).
import { Level, Message } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';

const UNIX = 1;
const RIGHTS = 1;
const CLOEXEC_ON_RECEIPT = 0x4000_0000;
const SEQPACKET = 5;
const CLOEXEC = 0o2000000;
/** msghdr, iovec, one byte of data, and a control message with one int. */
const VECTOR = 56;
const DATA = 72;
const CONTROL = 80;
/** One descriptor, without the padding behind it: that has room for a second one, which nobody would ever close. */
const RIGHTS_SIZE = 20;

/** Two ends of a channel that carries one byte and a descriptor at a time. The first is closed on exec; the second is for a child. */
export function channel(): [number, number] | null {
  const pair = new Region(8);
  if (libc.socketpair(UNIX, SEQPACKET | CLOEXEC, 0, pair.address) < 0) return null;
  return [pair.view.getInt32(0, true), pair.view.getInt32(4, true)];
}

/** 1, or minus an error. */
export function sendDescriptor(to: number, fd: number): number {
  const message = envelope();
  message.size(CONTROL, RIGHTS_SIZE);
  message.view.setInt32(CONTROL + 8, Level.SOCKET, true);
  message.view.setInt32(CONTROL + 12, RIGHTS, true);
  message.view.setInt32(CONTROL + 16, fd, true);
  return libc.sendmsg(to, message.address, 0);
}

/** The descriptor; -1 when the other end has closed without one. Waits for it. */
export function receiveDescriptor(from: number): number {
  const message = envelope();
  let size: number;
  do size = libc.recvmsg(from, message.address, CLOEXEC_ON_RECEIPT);
  while (size === -Errno.EINTR);
  const came = size > 0 && message.view.getBigUint64(40, true) >= BigInt(RIGHTS_SIZE);
  return came ? message.view.getInt32(CONTROL + 16, true) : -1;
}

/** An empty word over the channel: 1, or minus an error. */
export function notify(to: number): number {
  return libc.send(to, new Region(8).address, 1, Message.NOSIGNAL);
}

/** Waits for notify(). False when the other end has closed without it. */
export function awaitNotice(from: number): boolean {
  const word = new Region(8);
  let size: number;
  do size = libc.recv(from, word.address, 1, 0);
  while (size === -Errno.EINTR);
  return size > 0;
}

function envelope(): Region {
  const message = new Region(CONTROL + RIGHTS_SIZE);
  message.pointer(16, message.address + VECTOR);
  message.size(24, 1);
  message.pointer(32, message.address + CONTROL);
  message.size(40, RIGHTS_SIZE);
  message.pointer(VECTOR, message.address + DATA);
  message.size(VECTOR + 8, 1);
  return message;
}
