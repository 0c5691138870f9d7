// ICMPv6, RFC 4443, and the layout of neighbour discovery, RFC 4861 4. As in ICMPv4 the second four bytes depend on the type;
// the checksum covers a pseudo header too.
//
//   0    1    2        4                 8
//   +----+----+--------+-----------------+-----------
//   |type|code| sum    | rest of header  | body
//   +----+----+--------+-----------------+-----------
//
//   body of          router solicitation    options
//                    router advertisement   reachable 4, retransmit 4, options
//                    neighbour sol., adv.   target 16, options
//                    redirect               target 16, destination 16, options
//   option           type 1, length 1 (units of 8 bytes, itself included), value
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';
import { finish, fold, sum } from './checksum.ts';

export const HEADER = 8;
const CODE = 1;
const SUM = 2;
const REST = 4;
/** Offset of the target's address in a neighbour message or a redirect. */
export const TARGET = 8;

export const Type = {
  UNREACHABLE: 1,
  TOO_BIG: 2,
  TIME_EXCEEDED: 3,
  PARAMETER_PROBLEM: 4,
  ECHO: 128,
  ECHO_REPLY: 129,
  LISTENER_QUERY: 130,
  LISTENER_REPORT: 131,
  LISTENER_DONE: 132,
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOUR_SOLICITATION: 135,
  NEIGHBOUR_ADVERTISEMENT: 136,
  REDIRECT: 137,
  LISTENER_REPORT_2: 143,
} as const;

/** Codes of UNREACHABLE, RFC 4443 3.1. */
export const Unreachable = { NO_ROUTE: 0, ADMINISTRATIVE: 1, SCOPE: 2, ADDRESS: 3, PORT: 4 } as const;

/** Codes of TIME_EXCEEDED. */
export const Exceeded = { HOP_LIMIT: 0, REASSEMBLY: 1 } as const;

/** Codes of PARAMETER_PROBLEM. */
export const Problem = { FIELD: 0, NEXT_HEADER: 1, OPTION: 2 } as const;

/** RFC 4861 4.6; RDNSS and DNSSL RFC 8106, ROUTE RFC 4191, CAPTIVE_PORTAL RFC 8910, PREF64 RFC 8781. */
export const Option = {
  SOURCE_LINK: 1,
  TARGET_LINK: 2,
  PREFIX: 3,
  REDIRECTED: 4,
  MTU: 5,
  ROUTE: 24,
  RDNSS: 25,
  DNSSL: 31,
  CAPTIVE_PORTAL: 37,
  PREF64: 38,
} as const;

/** Flags of a neighbour advertisement, in rest(). */
export const Advertised = { ROUTER: 0x8000_0000, SOLICITED: 0x4000_0000, OVERRIDE: 0x2000_0000 } as const;

/** RFC 4861 7.1: a neighbour message with another hop limit has crossed a router, and is forged. */
export const NEIGHBOUR_HOPS = 255;

export const Malformed = { NO: 0, SHORT: 1, CHECKSUM: 2, NEIGHBOUR: 3 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, the readers of the header are safe on the same bytes. `end` is that of the IP packet, `pseudo` its pseudo6(). */
export function check(b: Uint8Array, at: number, end: number, pseudo: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  return fold(sum(b, at, end, pseudo)) === 0xffff ? Malformed.NO : Malformed.CHECKSUM;
}

/**
 * For neighbour discovery, after check(): the fixed part is whole, the code 0, and no option is empty or cut off
 * (RFC 4861 6.1 and 7.1.1; the hop limit is the caller's to look at). Then option() and TARGET are safe.
 */
export function checkNeighbour(b: Uint8Array, at: number, end: number): Malformed {
  let p = at + optionsOffset(type(b, at));
  if (p === at || p > end || code(b, at) !== 0) return Malformed.NEIGHBOUR;
  for (let size = 0; p < end; p += size) {
    if (p + 8 > end) return Malformed.NEIGHBOUR;
    size = u8(b, p + 1) * 8;
    if (size === 0 || p + size > end) return Malformed.NEIGHBOUR;
  }
  return Malformed.NO;
}

export function type(b: Uint8Array, at: number): number {
  return u8(b, at);
}

export function code(b: Uint8Array, at: number): number {
  return u8(b, at + CODE);
}

/** Identifier and sequence number of an echo; MTU or pointer of the errors; flags of an advertisement. */
export function rest(b: Uint8Array, at: number): number {
  return i32(b, at + REST);
}

/** RFC 4443 2.1: errors have the high bit clear, and none is ever sent about one (2.4 e). */
export function isError(messageType: number): boolean {
  return messageType < 128;
}

/** Identifier of an echo. */
export function id(b: Uint8Array, at: number): number {
  return u16(b, at + REST);
}

/** Sequence number of an echo. */
export function sequence(b: Uint8Array, at: number): number {
  return u16(b, at + REST + 2);
}

/** Bytes before the options of a message of neighbour discovery; 0 for every other type. */
export function optionsOffset(messageType: number): number {
  if (messageType === Type.ROUTER_SOLICITATION) return HEADER;
  if (messageType === Type.ROUTER_ADVERTISEMENT) return HEADER + 8;
  if (messageType === Type.NEIGHBOUR_SOLICITATION || messageType === Type.NEIGHBOUR_ADVERTISEMENT) return HEADER + 16;
  return messageType === Type.REDIRECT ? HEADER + 32 : 0;
}

/** Offset of the first option `kind`, whose length is `u8(b, p + 1) * 8` bytes; -1 when there is none. After checkNeighbour(). */
export function option(b: Uint8Array, at: number, end: number, kind: number): number {
  let p = at + optionsOffset(type(b, at));
  while (p < end && u8(b, p) !== kind) p += u8(b, p + 1) * 8;
  return p < end ? p : -1;
}

/** Writes the header and the checksum around a body that is already in place. */
export function emit(
  b: Uint8Array,
  at: number,
  end: number,
  messageType: number,
  messageCode: number,
  restOfHeader: number,
  pseudo: number,
): void {
  put8(b, at, messageType);
  put8(b, at + CODE, messageCode);
  put16(b, at + SUM, 0);
  put32(b, at + REST, restOfHeader);
  put16(b, at + SUM, finish(sum(b, at, end, pseudo)));
}
