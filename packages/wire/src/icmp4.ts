// ICMP, RFC 792. Eight bytes of header whatever the type; what the second four mean depends on it.
//
//   0    1    2        4                 8
//   +----+----+--------+-----------------+-----------
//   |type|code| sum    | rest of header  | data
//   +----+----+--------+-----------------+-----------
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';
import { finish, fold, sum } from './checksum.ts';

export const HEADER = 8;
const CODE = 1;
const SUM = 2;
const REST = 4;

export const Type = {
  ECHO_REPLY: 0,
  UNREACHABLE: 3,
  SOURCE_QUENCH: 4,
  REDIRECT: 5,
  ECHO: 8,
  TIME_EXCEEDED: 11,
  PARAMETER_PROBLEM: 12,
} as const;

/** Codes of UNREACHABLE, RFC 792 and RFC 1812 5.2.7.1. */
export const Unreachable = {
  NETWORK: 0,
  HOST: 1,
  PROTOCOL: 2,
  PORT: 3,
  FRAGMENTATION_NEEDED: 4,
  ADMINISTRATIVE: 13,
} as const;

/** Codes of TIME_EXCEEDED. */
export const Exceeded = { TTL: 0, REASSEMBLY: 1 } as const;

export const Malformed = { NO: 0, SHORT: 1, CHECKSUM: 2 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, every reader of this file is safe on the same bytes. `end` is that of the IP packet. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  return fold(sum(b, at, end)) === 0xffff ? Malformed.NO : Malformed.CHECKSUM;
}

export function type(b: Uint8Array, at: number): number {
  return u8(b, at);
}

export function code(b: Uint8Array, at: number): number {
  return u8(b, at + CODE);
}

/** Identifier and sequence number of an echo; unused, MTU, pointer or gateway of the errors. */
export function rest(b: Uint8Array, at: number): number {
  return i32(b, at + REST);
}

/** RFC 1122 3.2.2: no error is ever sent about one of these. */
export function isError(messageType: number): boolean {
  return (
    messageType === Type.UNREACHABLE ||
    messageType === Type.SOURCE_QUENCH ||
    messageType === Type.REDIRECT ||
    messageType === Type.TIME_EXCEEDED ||
    messageType === Type.PARAMETER_PROBLEM
  );
}

/** Identifier of an echo. */
export function id(b: Uint8Array, at: number): number {
  return u16(b, at + REST);
}

/** Sequence number of an echo. */
export function sequence(b: Uint8Array, at: number): number {
  return u16(b, at + REST + 2);
}

/** Writes the header and the checksum around data that is already in place. */
export function emit(
  b: Uint8Array,
  at: number,
  end: number,
  messageType: number,
  messageCode: number,
  restOfHeader: number,
): void {
  put8(b, at, messageType);
  put8(b, at + CODE, messageCode);
  put16(b, at + SUM, 0);
  put32(b, at + REST, restOfHeader);
  put16(b, at + SUM, finish(sum(b, at, end)));
}
