// UDP header, RFC 768.
//
//   0        2        4        6        8
//   +--------+--------+--------+--------+----------
//   | source | dest   | length | sum    | payload
//   +--------+--------+--------+--------+----------
import { put16, u16 } from './bytes.ts';
import { finish, fold, sum } from './checksum.ts';

export const HEADER = 8;
const SRC = 0;
const DST = 2;
const LENGTH = 4;
/** Offset of the checksum, for links that complete it. */
export const SUM = 6;

export const Malformed = { NO: 0, SHORT: 1, LENGTH: 2 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, every reader of this file is safe on the same bytes. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  const n = length(b, at);
  return n < HEADER || at + n > end ? Malformed.LENGTH : Malformed.NO;
}

export function srcPort(b: Uint8Array, at: number): number {
  return u16(b, at + SRC);
}

export function dstPort(b: Uint8Array, at: number): number {
  return u16(b, at + DST);
}

/** Bytes, header and payload. */
export function length(b: Uint8Array, at: number): number {
  return u16(b, at + LENGTH);
}

/** Bytes after the datagram (Ethernet padding) are not part of it. */
export function end(b: Uint8Array, at: number): number {
  return at + length(b, at);
}

/** RFC 768: the sender made no sum. Allowed over IPv4 only (RFC 8200 8.1). */
export function isUnsummed(b: Uint8Array, at: number): boolean {
  return u16(b, at + SUM) === 0;
}

/** True for an unsummed datagram too: over IPv6 ask isUnsummed() first. */
export function verify(b: Uint8Array, at: number, pseudo: number): boolean {
  return isUnsummed(b, at) || fold(sum(b, at, end(b, at), pseudo)) === 0xffff;
}

/** Writes the four fields. `checksum` as field(), 0 for none. */
export function emit(
  b: Uint8Array,
  at: number,
  src: number,
  dst: number,
  datagramLength: number,
  checksum: number,
): void {
  put16(b, at + SRC, src);
  put16(b, at + DST, dst);
  put16(b, at + LENGTH, datagramLength);
  put16(b, at + SUM, checksum);
}

/** RFC 768: a computed zero travels as all ones. */
export function field(acc: number): number {
  const s = finish(acc);
  return s === 0 ? 0xffff : s;
}
