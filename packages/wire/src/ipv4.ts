// IPv4 header, RFC 791 3.1.
//
//   0    1    2        4        6        8    9    10       12         16         20
//   +----+----+--------+--------+--------+----+----+--------+----------+----------+---------
//   |v/hl| tos| length | id     |flg/frag| ttl|prot| sum    | source   | dest     | options
//   +----+----+--------+--------+--------+----+----+--------+----------+----------+---------
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';
import { finish, fold, sum } from './checksum.ts';

/** Without options, as emit() writes it. */
export const HEADER = 20;
export const MAX_HEADER = 60;
const TOS = 1;
const LENGTH = 2;
const ID = 4;
const FRAGMENT = 6;
const TTL = 8;
const PROTOCOL = 9;
const SUM = 10;
const SRC = 12;
const DST = 16;

export const Protocol = { ICMP: 1, IGMP: 2, TCP: 6, UDP: 17, ICMP6: 58 } as const;

/** Bits of the fragment word. The rest of it is the offset in units of 8 bytes. */
export const Fragment = { DF: 0x4000, MF: 0x2000 } as const;
const OFFSET_MASK = 0x1fff;

export const Malformed = { NO: 0, SHORT: 1, VERSION: 2, HEADER_LENGTH: 3, LENGTH: 4, CHECKSUM: 5 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, every reader of this file is safe on the same bytes. `end` may lie behind Ethernet padding. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  if (u8(b, at) >>> 4 !== 4) return Malformed.VERSION;
  const header = headerLength(b, at);
  if (header < HEADER || at + header > end) return Malformed.HEADER_LENGTH;
  const length = totalLength(b, at);
  if (length < header || at + length > end) return Malformed.LENGTH;
  return fold(sum(b, at, at + header)) === 0xffff ? Malformed.NO : Malformed.CHECKSUM;
}

/** Bytes, options included. */
export function headerLength(b: Uint8Array, at: number): number {
  return (u8(b, at) & 0xf) * 4;
}

/** Bytes, header and payload. */
export function totalLength(b: Uint8Array, at: number): number {
  return u16(b, at + LENGTH);
}

/** Bytes after the packet (Ethernet padding) are not part of it. */
export function end(b: Uint8Array, at: number): number {
  return at + totalLength(b, at);
}

export function tos(b: Uint8Array, at: number): number {
  return u8(b, at + TOS);
}

export function id(b: Uint8Array, at: number): number {
  return u16(b, at + ID);
}

export function ttl(b: Uint8Array, at: number): number {
  return u8(b, at + TTL);
}

export function protocol(b: Uint8Array, at: number): number {
  return u8(b, at + PROTOCOL);
}

export function src(b: Uint8Array, at: number): number {
  return i32(b, at + SRC);
}

export function dst(b: Uint8Array, at: number): number {
  return i32(b, at + DST);
}

/** First fragment, middle or last: anything but a whole packet. */
export function isFragment(b: Uint8Array, at: number): boolean {
  return (u16(b, at + FRAGMENT) & (Fragment.MF | OFFSET_MASK)) !== 0;
}

export function moreFragments(b: Uint8Array, at: number): boolean {
  return (u16(b, at + FRAGMENT) & Fragment.MF) !== 0;
}

export function dontFragment(b: Uint8Array, at: number): boolean {
  return (u16(b, at + FRAGMENT) & Fragment.DF) !== 0;
}

/** Bytes. */
export function fragmentOffset(b: Uint8Array, at: number): number {
  return (u16(b, at + FRAGMENT) & OFFSET_MASK) * 8;
}

/** Writes a 20-byte header and its checksum. `fragment` is the whole word: Fragment bits | offset / 8. */
export function emit(
  b: Uint8Array,
  at: number,
  length: number,
  source: number,
  destination: number,
  proto: number,
  hops: number,
  service: number,
  identification: number,
  fragment: number,
): void {
  put8(b, at, 0x45);
  put8(b, at + TOS, service);
  put16(b, at + LENGTH, length);
  put16(b, at + ID, identification);
  put16(b, at + FRAGMENT, fragment);
  put8(b, at + TTL, hops);
  put8(b, at + PROTOCOL, proto);
  put16(b, at + SUM, 0);
  put32(b, at + SRC, source);
  put32(b, at + DST, destination);
  put16(b, at + SUM, finish(sum(b, at, at + HEADER)));
}
