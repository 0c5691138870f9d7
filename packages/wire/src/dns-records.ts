// Resource records of a DNS message, RFC 1035 4.1.3, as a walk over its bytes.
//
//   name ... | type | class | ttl (4) | rdlength | rdata ...        name: labels, and at its end 0 or a pointer (4.1.4)
//            ^ fixed                                     ^ next
//
// Names are stepped over and never followed: a pointer ends one, wherever it points to. So there are no loops to guard against.
import { i32, u8, u16 } from './bytes.ts';
import { anCount, arCount, MAX_LABEL, MAX_NAME, nsCount } from './dns.ts';

/** Type, class, TTL and length of the data. */
export const FIXED = 10;
const POINTER = 0xc0;

export const Section = { ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 2 } as const;
export type Section = (typeof Section)[keyof typeof Section];

/** One record: what follows its name begins at `fixed`, and the next record at `next`. */
export type Visit = (section: Section, fixed: number, next: number) => void;

/**
 * Visits the records from `p`, where the questions of the message at `at` end. Returns where the last one ends; -1 when one is
 * not whole, or its name is none: those before it have been visited.
 */
export function walk(b: Uint8Array, at: number, end: number, p: number, visit: Visit): number {
  const answers = anCount(b, at);
  const authority = answers + nsCount(b, at);
  const all = authority + arCount(b, at);
  for (let i = 0; i < all; i++) {
    const fixed = skipName(b, p, end);
    if (fixed < 0 || fixed + FIXED > end) return -1;
    p = fixed + FIXED + dataLength(b, fixed);
    if (p > end) return -1;
    visit(i < answers ? Section.ANSWER : i < authority ? Section.AUTHORITY : Section.ADDITIONAL, fixed, p);
  }
  return p;
}

/** Offset behind the name at `p`, which may be compressed. -1: beyond `end`, or no name. */
export function skipName(b: Uint8Array, p: number, end: number): number {
  const stop = Math.min(end, p + MAX_NAME);
  while (p < stop) {
    const label = u8(b, p);
    if (label === 0) return p + 1;
    if (label >= POINTER) return p + 2 <= end ? p + 2 : -1;
    if (label > MAX_LABEL) return -1;
    p += 1 + label;
  }
  return -1;
}

export function type(b: Uint8Array, fixed: number): number {
  return u16(b, fixed);
}

/** Of an OPT record (RFC 6891 6.1.2): the size of UDP messages that its sender takes. */
export function classOf(b: Uint8Array, fixed: number): number {
  return u16(b, fixed + 2);
}

/** Seconds; RFC 2181 8: one with the top bit set is 0. Of an OPT record: see extension(). */
export function ttl(b: Uint8Array, fixed: number): number {
  return Math.max(0, i32(b, fixed + TTL));
}

/** Offset of the TTL behind `fixed`. */
export const TTL = 4;

/** Of an OPT record (RFC 6891 6.1.3): upper bits of the rcode, version, DO, each at its place in 32 bits. */
export function extension(b: Uint8Array, fixed: number): number {
  return i32(b, fixed + TTL);
}

/** Of extension(): RFC 3225 3. */
export const DNSSEC_OK = 0x8000;

export function dataLength(b: Uint8Array, fixed: number): number {
  return u16(b, fixed + 8);
}
