// IPv6 header and the walk over its extension headers, RFC 8200 3 and 4.
//
//   0          4        6    7    8            24            40
//   +----------+--------+----+----+------------+-------------+---------
//   |v|tc| flow| length |next|hops| source 16  | dest 16     | payload
//   +----------+--------+----+----+------------+-------------+---------
//
//   an extension:  0    1                fragment (4.5):  0    1    2          4        8
//                  +----+----+------              +----+----+----------+--------+
//                  |next| len| data               |next| -  |offset|--M| id     |
//                  +----+----+------              +----+----+----------+--------+
//
// Options of hop-by-hop and destination headers are looked at as far as RFC 8200 4.2 asks whoever does not know them; no routing
// header is followed (4.4), one that has been followed to its end is stepped over. Left out: jumbograms (RFC 2675), which
// count as packets without payload.
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';

export const HEADER = 40;
/** Bytes of one address. */
export const ADDRESS = 16;
/** Offsets of the two addresses. */
export const SRC = 8;
export const DST = 24;
/** RFC 8200 5: every link carries packets of this size. */
export const MIN_MTU = 1280;
/** Extension headers that walk() follows. Real packets have one or two. */
export const MAX_EXTENSIONS = 8;
const LENGTH = 4;
const NEXT = 6;
const HOPS = 7;
/** In a routing header. */
const ROUTING_TYPE = 2;
const SEGMENTS_LEFT = 3;
/** The one option without a length. */
const Option = { PAD1: 0 } as const;
/** Bytes of a fragment header. */
export const FRAGMENT_HEADER = 8;

/** Values of a next header field. Those of extensions are followed by walk(). */
export const Next = {
  HOP_BY_HOP: 0,
  TCP: 6,
  UDP: 17,
  ROUTING: 43,
  FRAGMENT: 44,
  ESP: 50,
  AUTHENTICATION: 51,
  ICMP6: 58,
  NONE: 59,
  DESTINATION: 60,
} as const;

export const Malformed = {
  NO: 0,
  SHORT: 1,
  VERSION: 2,
  LENGTH: 3,
  EXTENSION: 4,
  /** An option that is not known, and what its two high bits ask for: RFC 8200 4.2. */
  OPTION_SILENT: 5,
  OPTION: 6,
  OPTION_UNICAST: 7,
  /** A routing header that has not come to its end. */
  ROUTING: 8,
} as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** By the high bits of an option's type: skip, discard, tell, tell when it was to one only. */
const ACTIONS: readonly Malformed[] = [
  Malformed.NO,
  Malformed.OPTION_SILENT,
  Malformed.OPTION,
  Malformed.OPTION_UNICAST,
];

/** Once this says NO, every reader of the fixed header is safe on the same bytes. `end` may lie behind Ethernet padding. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  if (u8(b, at) >>> 4 !== 6) return Malformed.VERSION;
  return at + HEADER + payloadLength(b, at) > end ? Malformed.LENGTH : Malformed.NO;
}

export function trafficClass(b: Uint8Array, at: number): number {
  return (u16(b, at) >>> 4) & 0xff;
}

/** 20 bits. */
export function flowLabel(b: Uint8Array, at: number): number {
  return i32(b, at) & 0xfffff;
}

/** Bytes after the fixed header, extension headers included. */
export function payloadLength(b: Uint8Array, at: number): number {
  return u16(b, at + LENGTH);
}

/** Bytes after the packet (Ethernet padding) are not part of it. */
export function end(b: Uint8Array, at: number): number {
  return at + HEADER + payloadLength(b, at);
}

/** What follows the fixed header: one of Next. */
export function next(b: Uint8Array, at: number): number {
  return u8(b, at + NEXT);
}

export function hopLimit(b: Uint8Array, at: number): number {
  return u8(b, at + HOPS);
}

/** ff00::/8 (RFC 4291 2.7), of the address at `at`. */
export function isMulticast(b: Uint8Array, at: number): boolean {
  return u8(b, at) === 0xff;
}

/** fe80::/10 (RFC 4291 2.5.6), of the address at `at`. */
export function isLinkLocal(b: Uint8Array, at: number): boolean {
  return (u16(b, at) & 0xffc0) === 0xfe80;
}

/** Whether the address at `a[at]` is the one at `b[bt]`. */
export function sameAddress(a: Uint8Array, at: number, b: Uint8Array, bt: number): boolean {
  for (let i = 0; i < ADDRESS; i += 4) if (i32(a, at + i) !== i32(b, bt + i)) return false;
  return true;
}

/** What walk() found. One object, owned and reused by the caller. */
export interface Upper {
  /** Protocol of the first header that is no extension; Next.NONE when there is none. */
  protocol: number;
  /** Offset of that header. In a fragment: of the piece of data that it carries. */
  at: number;
  /** Offset of the byte that named `protocol`: the pointer of an ICMPv6 parameter problem, RFC 4443 3.4. */
  namedAt: number;
  /** Offset of the fragment header; -1 in a whole packet. */
  fragment: number;
  /** Offset of the option, or of the type of the routing header, that was no good. */
  problemAt: number;
}

export function blank(): Upper {
  return { protocol: 0, at: 0, namedAt: 0, fragment: -1, problemAt: 0 };
}

/**
 * Steps over the extension headers of the packet at `at`, which check() has passed. Stops behind a fragment header, since what
 * follows needs reassembly first; an atomic fragment (RFC 6946) is a whole packet. ESP and everything unknown counts as the
 * upper layer. EXTENSION: cut off, more than MAX_EXTENSIONS, or hop-by-hop options elsewhere than first (RFC 8200 4.1);
 * `out` then points at the header in question.
 */
export function walk(b: Uint8Array, at: number, out: Upper): Malformed {
  const stop = end(b, at);
  out.protocol = next(b, at);
  out.namedAt = at + NEXT;
  out.at = at + HEADER;
  out.fragment = -1;
  let why: Malformed = out.protocol === Next.HOP_BY_HOP ? step(b, stop, out) : Malformed.NO;
  for (let left = MAX_EXTENSIONS; why === Malformed.NO && isExtension(out.protocol); left--) {
    why = left === 0 ? Malformed.EXTENSION : step(b, stop, out);
    if (out.fragment >= 0) return why;
  }
  if (why !== Malformed.NO) return why;
  return out.protocol === Next.HOP_BY_HOP ? Malformed.EXTENSION : Malformed.NO;
}

function isExtension(protocol: number): boolean {
  return (
    protocol === Next.DESTINATION ||
    protocol === Next.ROUTING ||
    protocol === Next.FRAGMENT ||
    protocol === Next.AUTHENTICATION
  );
}

/** One extension header further, when it fits before `stop` and is one to be stepped over. */
function step(b: Uint8Array, stop: number, out: Upper): Malformed {
  const p = out.at;
  if (p + 8 > stop) return Malformed.EXTENSION;
  const size = sizeOf(b, p, out.protocol);
  if (p + size > stop) return Malformed.EXTENSION;
  const why = look(b, p, p + size, out);
  if (why !== Malformed.NO) return why;
  out.protocol = u8(b, p);
  out.namedAt = p;
  out.at = p + size;
  return Malformed.NO;
}

function sizeOf(b: Uint8Array, p: number, protocol: number): number {
  if (protocol === Next.FRAGMENT) return FRAGMENT_HEADER;
  if (protocol === Next.AUTHENTICATION) return (u8(b, p + 1) + 2) * 4; // RFC 4302 2.2
  return (u8(b, p + 1) + 1) * 8;
}

/** What the extension header [p, stop) says about the packet. */
function look(b: Uint8Array, p: number, stop: number, out: Upper): Malformed {
  const { protocol } = out;
  if (protocol === Next.HOP_BY_HOP || protocol === Next.DESTINATION) return options(b, p + 2, stop, out);
  if (protocol === Next.FRAGMENT && (fragmentOffset(b, p) !== 0 || moreFragments(b, p))) out.fragment = p;
  if (protocol !== Next.ROUTING || u8(b, p + SEGMENTS_LEFT) === 0) return Malformed.NO;
  out.problemAt = p + ROUTING_TYPE;
  return Malformed.ROUTING;
}

/** RFC 8200 4.2: type, length, value; the two high bits of the type say what to do about one that nobody knows. */
function options(b: Uint8Array, at: number, stop: number, out: Upper): Malformed {
  for (let size = 0; at < stop; at += size) {
    const type = u8(b, at);
    if (type === Option.PAD1) {
      size = 1;
      continue;
    }
    if (at + 2 > stop || at + 2 + u8(b, at + 1) > stop) return Malformed.EXTENSION;
    size = 2 + u8(b, at + 1);
    if (type >>> 6 === 0) continue;
    out.problemAt = at;
    return ACTIONS[type >>> 6]!;
  }
  return Malformed.NO;
}

/** Bytes. `at` is the offset of a fragment header. */
export function fragmentOffset(b: Uint8Array, at: number): number {
  return u16(b, at + 2) & 0xfff8;
}

export function moreFragments(b: Uint8Array, at: number): boolean {
  return (u8(b, at + 3) & 1) !== 0;
}

export function fragmentId(b: Uint8Array, at: number): number {
  return i32(b, at + 4);
}

/** Writes all but the addresses, which go to SRC and DST by putAddress(). */
export function emit(
  b: Uint8Array,
  at: number,
  payload: number,
  nextHeader: number,
  hops: number,
  traffic: number,
  flow: number,
): void {
  put32(b, at, (6 << 28) | ((traffic & 0xff) << 20) | (flow & 0xfffff));
  put16(b, at + LENGTH, payload);
  put8(b, at + NEXT, nextHeader);
  put8(b, at + HOPS, hops);
}

/** Writes a fragment header (8 bytes) at `at`. `offset` in bytes, a multiple of 8. */
export function emitFragment(
  b: Uint8Array,
  at: number,
  nextHeader: number,
  offset: number,
  more: boolean,
  identification: number,
): void {
  put8(b, at, nextHeader);
  put8(b, at + 1, 0);
  put16(b, at + 2, (offset & 0xfff8) | (more ? 1 : 0));
  put32(b, at + 4, identification);
}

/** Writes one address of four int32 words. */
export function putAddress(b: Uint8Array, at: number, w0: number, w1: number, w2: number, w3: number): void {
  put32(b, at, w0);
  put32(b, at + 4, w1);
  put32(b, at + 8, w2);
  put32(b, at + 12, w3);
}
