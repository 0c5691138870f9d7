// TCP header, RFC 9293 3.1.
//
//   0        2        4          8          12   13   14       16       18       20
//   +--------+--------+----------+----------+----+----+--------+--------+--------+---------
//   | source | dest   | seq      | ack      |off |flag| window | sum    | urgent | options
//   +--------+--------+----------+----------+----+----+--------+--------+--------+---------
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';
import { fold, sum } from './checksum.ts';

/** Without options. */
export const HEADER = 20;
export const MAX_HEADER = 60;
const SRC = 0;
const DST = 2;
const SEQ = 4;
const ACK = 8;
const OFFSET = 12;
const FLAGS = 13;
const WINDOW = 14;
/** Offset of the checksum, for links that complete it. */
export const SUM = 16;
const URGENT = 18;

export const Flag = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;

export const Malformed = { NO: 0, SHORT: 1, HEADER_LENGTH: 2 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, every reader of this file is safe on the same bytes. `end` is that of the IP packet. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  const header = headerLength(b, at);
  return header < HEADER || at + header > end ? Malformed.HEADER_LENGTH : Malformed.NO;
}

export function verify(b: Uint8Array, at: number, end: number, pseudo: number): boolean {
  return fold(sum(b, at, end, pseudo)) === 0xffff;
}

export function srcPort(b: Uint8Array, at: number): number {
  return u16(b, at + SRC);
}

export function dstPort(b: Uint8Array, at: number): number {
  return u16(b, at + DST);
}

export function seq(b: Uint8Array, at: number): number {
  return i32(b, at + SEQ);
}

export function ack(b: Uint8Array, at: number): number {
  return i32(b, at + ACK);
}

/** Bytes, options included. */
export function headerLength(b: Uint8Array, at: number): number {
  return (u8(b, at + OFFSET) >>> 4) * 4;
}

export function flags(b: Uint8Array, at: number): number {
  return u8(b, at + FLAGS);
}

/** As transmitted: not yet scaled (RFC 7323 2.2). */
export function window(b: Uint8Array, at: number): number {
  return u16(b, at + WINDOW);
}

export function urgent(b: Uint8Array, at: number): number {
  return u16(b, at + URGENT);
}

/** After emit(): URG, and the bytes from this segment's first to behind the last urgent one (RFC 6093 3.1). */
export function setUrgent(b: Uint8Array, at: number, pointer: number): void {
  put8(b, at + FLAGS, u8(b, at + FLAGS) | Flag.URG);
  put16(b, at + URGENT, pointer);
}

/** Writes the fixed header with a checksum of zero; `header` is its length with options, a multiple of 4. */
export function emit(
  b: Uint8Array,
  at: number,
  src: number,
  dst: number,
  sequence: number,
  acknowledgment: number,
  header: number,
  flagBits: number,
  windowField: number,
): void {
  put16(b, at + SRC, src);
  put16(b, at + DST, dst);
  put32(b, at + SEQ, sequence);
  put32(b, at + ACK, acknowledgment);
  put8(b, at + OFFSET, header << 2);
  put8(b, at + FLAGS, flagBits);
  put16(b, at + WINDOW, windowField);
  put32(b, at + SUM, 0);
}

export function setSum(b: Uint8Array, at: number, checksum: number): void {
  put16(b, at + SUM, checksum);
}
