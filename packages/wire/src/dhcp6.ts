// DHCP for IPv6, RFC 8415 8 and 21: a header, and options that may hold options.
//
//   0      1               4
//   +------+---------------+--------+--------+-----------+-----
//   | type | transaction   | code   | length | value     | the next option
//   +------+---------------+--------+--------+-----------+-----
//
//   value of   IA_NA, IA_PD   IAID 4, T1 4, T2 4, options          IAADDR     address 16, preferred 4, valid 4, options
//              IA_TA          IAID 4, options                      STATUS     code 2, text
//
// Relayed messages have another header (RFC 8415 9): check() says RELAYED, and nobody here reads them.
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';

export const HEADER = 4;
/** Code and length of an option: its value is length() bytes from there on. */
export const VALUE = 4;

export const Port = { CLIENT: 546, SERVER: 547 } as const;

export const Type = {
  SOLICIT: 1,
  ADVERTISE: 2,
  REQUEST: 3,
  CONFIRM: 4,
  RENEW: 5,
  REBIND: 6,
  REPLY: 7,
  RELEASE: 8,
  DECLINE: 9,
  RECONFIGURE: 10,
  INFORMATION_REQUEST: 11,
  RELAY_FORWARD: 12,
  RELAY_REPLY: 13,
} as const;

/** RFC 8415 21, but for: DNS and SEARCH RFC 3646, SNTP RFC 4075, NTP RFC 5908, the boot file RFC 5970. */
export const Option = {
  CLIENT_ID: 1,
  SERVER_ID: 2,
  IA_NA: 3,
  IA_TA: 4,
  IAADDR: 5,
  REQUESTED: 6,
  PREFERENCE: 7,
  ELAPSED: 8,
  STATUS: 13,
  RAPID_COMMIT: 14,
  DNS: 23,
  SEARCH: 24,
  IA_PD: 25,
  IAPREFIX: 26,
  SNTP: 31,
  REFRESH: 32,
  NTP: 56,
  BOOT_FILE_URL: 59,
  BOOT_FILE_PARAMETERS: 60,
} as const;

/** Values of Option.STATUS. */
export const Status = {
  SUCCESS: 0,
  UNSPECIFIED: 1,
  NO_ADDRESSES: 2,
  NO_BINDING: 3,
  NOT_ON_LINK: 4,
  USE_MULTICAST: 5,
  NO_PREFIX: 6,
} as const;

/** RFC 8415 11.1: bytes of the longest identifier. */
export const LONGEST_DUID = 130;
/** IAID, T1 and T2; address and both lifetimes. */
export const IA = 12;
export const IAADDR = 24;
/** Bytes before the options within an option. */
const FIXED: Readonly<Record<number, number>> = {
  [Option.IA_NA]: IA,
  [Option.IA_TA]: 4,
  [Option.IA_PD]: IA,
  [Option.IAADDR]: IAADDR,
  [Option.IAPREFIX]: 25,
};
/** An association, an address, its status. */
const DEEPEST = 3;

export const Malformed = { NO: 0, SHORT: 1, OPTIONS: 2, RELAYED: 3 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, every reader of this file is safe on the same bytes: no option is cut off, and none within another. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  if (type(b, at) === Type.RELAY_FORWARD || type(b, at) === Type.RELAY_REPLY) return Malformed.RELAYED;
  return areWhole(b, at + HEADER, end, 1) ? Malformed.NO : Malformed.OPTIONS;
}

function areWhole(b: Uint8Array, p: number, end: number, depth: number): boolean {
  for (; p < end; p = next(b, p)) {
    if (p + VALUE > end || next(b, p) > end) return false;
    const { [code(b, p)]: fixed } = FIXED;
    if (fixed === undefined) continue;
    if (depth >= DEEPEST || fixed > length(b, p)) return false;
    if (!areWhole(b, p + VALUE + fixed, next(b, p), depth + 1)) return false;
  }
  return true;
}

export function type(b: Uint8Array, at: number): number {
  return u8(b, at);
}

/** 24 bits. */
export function transaction(b: Uint8Array, at: number): number {
  return i32(b, at) & 0xff_ffff;
}

/** Of the option at `p`. */
export function code(b: Uint8Array, p: number): number {
  return u16(b, p);
}

export function length(b: Uint8Array, p: number): number {
  return u16(b, p + 2);
}

/** Where the option after the one at `p` is. */
export function next(b: Uint8Array, p: number): number {
  return p + VALUE + length(b, p);
}

/** Offset of the first option `wanted` of those that fill [p, end); -1 when there is none. */
export function find(b: Uint8Array, p: number, end: number, wanted: number): number {
  while (p < end && code(b, p) !== wanted) p = next(b, p);
  return p < end ? p : -1;
}

/** The same in a message. */
export function option(b: Uint8Array, at: number, end: number, wanted: number): number {
  return find(b, at + HEADER, end, wanted);
}

/** Whether the client asks for option `wanted` (RFC 8415 21.7). */
export function isRequested(b: Uint8Array, at: number, end: number, wanted: number): boolean {
  const p = option(b, at, end, Option.REQUESTED);
  if (p < 0) return false;
  for (let q = p + VALUE; q + 2 <= next(b, p); q += 2) if (u16(b, q) === wanted) return true;
  return false;
}

/** IAID of the association at `p`. */
export function iaid(b: Uint8Array, p: number): number {
  return i32(b, p + VALUE);
}

/** Offset of the first address of the IA_NA at `p`, or of the one after the IAADDR at `after`; -1 when there is none. */
export function address(b: Uint8Array, p: number, after: number = -1): number {
  return find(b, after < 0 ? p + VALUE + IA : next(b, after), next(b, p), Option.IAADDR);
}

// Emitters: each returns where the next option goes. What does not fit before `end` is not written at all and gives -1, and so
// does `at` -1: a chain of them is checked once, at its end.

export function emit(b: Uint8Array, at: number, messageType: number, transactionId: number): number {
  put32(b, at, transactionId);
  put8(b, at, messageType);
  return at + HEADER;
}

/** Code and length. Returns where the value, of `size` bytes, goes. */
export function emitOption(b: Uint8Array, at: number, end: number, optionCode: number, size: number): number {
  if (at < 0 || at + VALUE + size > end) return -1;
  put16(b, at, optionCode);
  put16(b, at + 2, size);
  return at + VALUE;
}

export function emitBytes(b: Uint8Array, at: number, end: number, optionCode: number, value: Uint8Array): number {
  const v = emitOption(b, at, end, optionCode, value.length);
  if (v < 0) return v;
  b.set(value, v);
  return v + value.length;
}

export function emit32(b: Uint8Array, at: number, end: number, optionCode: number, value: number): number {
  const v = emitOption(b, at, end, optionCode, 4);
  if (v < 0) return v;
  put32(b, v, value);
  return v + 4;
}

export function emitStatus(b: Uint8Array, at: number, end: number, status: number, text: Uint8Array): number {
  const v = emitOption(b, at, end, Option.STATUS, 2 + text.length);
  if (v < 0) return v;
  put16(b, v, status);
  b.set(text, v + 2);
  return v + 2 + text.length;
}

/** Begins an IA_NA or IA_PD, whose options follow; close() says where they end. */
export function emitIa(
  b: Uint8Array,
  at: number,
  end: number,
  optionCode: number,
  id: number,
  t1: number,
  t2: number,
): number {
  const size = optionCode === Option.IA_TA ? 4 : IA;
  const v = emitOption(b, at, end, optionCode, size);
  if (v < 0) return v;
  put32(b, v, id);
  if (size === 4) return v + size;
  put32(b, v + 4, t1);
  put32(b, v + 8, t2);
  return v + size;
}

/** An address of 16 bytes at from[fromAt], its lifetimes in seconds. */
export function emitAddress(
  b: Uint8Array,
  at: number,
  end: number,
  from: Uint8Array,
  fromAt: number,
  preferred: number,
  valid: number,
): number {
  const v = emitOption(b, at, end, Option.IAADDR, IAADDR);
  if (v < 0) return v;
  for (let i = 0; i < 16; i++) put8(b, v + i, u8(from, fromAt + i));
  put32(b, v + 16, preferred);
  put32(b, v + 20, valid);
  return v + IAADDR;
}

/** The option that begins at `p` ends at `stop`. */
export function close(b: Uint8Array, p: number, stop: number): void {
  put16(b, p + 2, stop - p - VALUE);
}
