// DNS message, RFC 1035 4.1: its header and questions.
//
//   0        2        4        6        8        10       12
//   +--------+--------+--------+--------+--------+--------+-----------+---------------------
//   | id     | flags  | qdcount| ancount| nscount| arcount| questions | answers ... (opaque)
//   +--------+--------+--------+--------+--------+--------+-----------+---------------------
//
//   question: labels (length, bytes) ... 0, type, class        flags: QR opcode(4) AA TC RD RA Z AD CD rcode(4)
//
// Records are dns-records.ts's. A compressed name (4.1.4) points back at an earlier
// one: the first question has none before it, so compression in a question is refused.
// In all that follows [at, end) is one message, without the length that goes before it over TCP (4.2.2).
import { put8, put16, u8, u16 } from './bytes.ts';

export const HEADER = 12;
export const PORT = 53;
/** RFC 1035 4.2.1: largest message over UDP for a client without EDNS. */
export const MAX_UDP = 512;
/** RFC 1035 2.3.4, on the wire. */
export const MAX_NAME = 255;
export const MAX_LABEL = 63;
const FLAGS = 2;
const QDCOUNT = 4;
const ANCOUNT = 6;
const NSCOUNT = 8;
const ARCOUNT = 10;

/** Bits of the flags word. */
export const Flag = {
  RESPONSE: 0x8000,
  AUTHORITATIVE: 0x0400,
  TRUNCATED: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  /** RFC 4035 3.2.3: authentic data; in a query, RFC 6840 5.7: the client wants to know. */
  AD: 0x0020,
  /** RFC 4035 3.1.6: checking disabled goes from the query to the response. */
  CD: 0x0010,
} as const;
const OPCODE_MASK = 0x7800;
const RCODE_MASK = 0x000f;

/** RFC 1035 4.1.1 */
export const Rcode = { NO_ERROR: 0, FORMAT: 1, SERVER_FAILURE: 2, NAME: 3, NOT_IMPLEMENTED: 4, REFUSED: 5 } as const;

export const Opcode = { QUERY: 0 } as const;

/** RFC 1035 3.2.2; AAAA RFC 3596, SRV RFC 2782, OPT RFC 6891, SVCB and HTTPS RFC 9460. */
export const Type = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  SVCB: 64,
  HTTPS: 65,
  /** RFC 1995, RFC 5936: of whole zones. */
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const Class = { IN: 1 } as const;

export const Malformed = { NO: 0, SHORT: 1, QUESTION: 2 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, every reader of this file is safe on the same bytes, and every question is whole. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  return questionsEnd(b, at, end) < 0 ? Malformed.QUESTION : Malformed.NO;
}

export function id(b: Uint8Array, at: number): number {
  return u16(b, at);
}

export function setId(b: Uint8Array, at: number, value: number): void {
  put16(b, at, value);
}

export function isResponse(b: Uint8Array, at: number): boolean {
  return (u16(b, at + FLAGS) & Flag.RESPONSE) !== 0;
}

/** The flags word: bits of Flag, opcode and rcode. */
export function flags(b: Uint8Array, at: number): number {
  return u16(b, at + FLAGS);
}

export function setFlags(b: Uint8Array, at: number, value: number): void {
  put16(b, at + FLAGS, value);
}

export function opcode(b: Uint8Array, at: number): number {
  return (u16(b, at + FLAGS) & OPCODE_MASK) >>> 11;
}

/** The answer did not fit: ask again over TCP. */
export function truncated(b: Uint8Array, at: number): boolean {
  return (u16(b, at + FLAGS) & Flag.TRUNCATED) !== 0;
}

/** Without the upper bits of EDNS. */
export function rcode(b: Uint8Array, at: number): number {
  return u16(b, at + FLAGS) & RCODE_MASK;
}

/** Number of questions. */
export function qdCount(b: Uint8Array, at: number): number {
  return u16(b, at + QDCOUNT);
}

/** Number of records in the answer section. */
export function anCount(b: Uint8Array, at: number): number {
  return u16(b, at + ANCOUNT);
}

/** Number of records in the authority section. */
export function nsCount(b: Uint8Array, at: number): number {
  return u16(b, at + NSCOUNT);
}

/** Number of records in the additional section. */
export function arCount(b: Uint8Array, at: number): number {
  return u16(b, at + ARCOUNT);
}

/** How many records follow the questions, by section. */
export function setCounts(b: Uint8Array, at: number, answers: number, authority: number, additional: number): void {
  put16(b, at + ANCOUNT, answers);
  put16(b, at + NSCOUNT, authority);
  put16(b, at + ARCOUNT, additional);
}

/** Offset of the byte after the name at `p`, root label included. -1: beyond `end`, compressed, or longer than MAX_NAME. */
export function nameEnd(b: Uint8Array, p: number, end: number): number {
  const stop = Math.min(end, p + MAX_NAME);
  while (p < stop) {
    const label = u8(b, p);
    if (label === 0) return p + 1;
    if (label > MAX_LABEL) return -1;
    p += 1 + label;
  }
  return -1;
}

/** Offset of the byte after the last question of a message of at least HEADER bytes. -1 when one is malformed. */
export function questionsEnd(b: Uint8Array, at: number, end: number): number {
  let p = at + HEADER;
  for (let left = qdCount(b, at); left > 0; left--) {
    p = nameEnd(b, p, end);
    if (p < 0 || p + 4 > end) return -1;
    p += 4;
  }
  return p;
}

/** QTYPE of the question whose name ends at `afterName`. */
export function questionType(b: Uint8Array, afterName: number): number {
  return u16(b, afterName);
}

/** QCLASS of the question whose name ends at `afterName`. */
export function questionClass(b: Uint8Array, afterName: number): number {
  return u16(b, afterName + 2);
}

/**
 * Whether two messages, both passed by check(), ask the same: as many questions, names alike but for the case of
 * ASCII letters (RFC 1035 2.3.3), types and classes alike. RFC 5452 9.1 asks this of an answer before it is believed.
 */
export function sameQuestion(
  a: Uint8Array,
  at: number,
  aEnd: number,
  b: Uint8Array,
  bt: number,
  bEnd: number,
): boolean {
  if (qdCount(a, at) !== qdCount(b, bt)) return false;
  let p = at + HEADER;
  let q = bt + HEADER;
  for (let left = qdCount(a, at); left > 0; left--) {
    const after = nameEnd(a, p, aEnd);
    const size = after - p;
    if (after < 0 || nameEnd(b, q, bEnd) !== q + size || after + 4 > aEnd || q + size + 4 > bEnd) return false;
    // Lengths of labels are below 'A', so folding the case cannot mistake one for a letter. Types and classes are not folded.
    for (let i = 0; i < size; i++) if (lower(u8(a, p + i)) !== lower(u8(b, q + i))) return false;
    for (let i = size; i < size + 4; i++) if (u8(a, p + i) !== u8(b, q + i)) return false;
    p += size + 4;
    q += size + 4;
  }
  return true;
}

function lower(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c | 0x20 : c;
}

/** Writes the header: `flags` are bits of Flag, a shifted opcode and a Rcode. Returns where the questions go. */
export function emit(b: Uint8Array, at: number, identifier: number, flags: number, questions: number): number {
  put16(b, at, identifier);
  put16(b, at + FLAGS, flags);
  put16(b, at + QDCOUNT, questions);
  put16(b, at + ANCOUNT, 0);
  put16(b, at + NSCOUNT, 0);
  put16(b, at + ARCOUNT, 0);
  return at + HEADER;
}

/**
 * Writes one question of class IN; `name` is ASCII, with or without the last dot, '' or '.' for the root.
 * Returns where the next goes; -1 when it does not fit before `end`, or the name is none (an empty or too long label or name).
 */
export function emitQuestion(b: Uint8Array, at: number, end: number, name: string, questionKind: number): number {
  const size = name.endsWith('.') ? name.length - 1 : name.length;
  const wire = size === 0 ? 1 : size + 2;
  if (wire > MAX_NAME || at + wire + 4 > end) return -1;
  let lengthAt = at;
  let p = at + 1;
  for (let i = 0; i < size; i++, p++) {
    const c = name.charCodeAt(i);
    if (c > 127) return -1;
    if (c !== 0x2e) put8(b, p, c);
    else if (!closeLabel(b, lengthAt, p)) return -1;
    else lengthAt = p;
  }
  if (size > 0 && !closeLabel(b, lengthAt, p)) return -1;
  p = at + wire;
  put8(b, p - 1, 0);
  put16(b, p, questionKind);
  put16(b, p + 2, Class.IN);
  return p + 4;
}

function closeLabel(b: Uint8Array, lengthAt: number, p: number): boolean {
  const label = p - lengthAt - 1;
  put8(b, lengthAt, label);
  return label > 0 && label <= MAX_LABEL;
}

/**
 * Turns the query at `at`, passed by check(), into a response without records: id, opcode, RD, CD and questions stay.
 * Returns the end of the response, which is not behind the query's.
 */
export function refuse(b: Uint8Array, at: number, end: number, responseCode: number): number {
  const kept = u16(b, at + FLAGS) & (OPCODE_MASK | Flag.RD | Flag.CD);
  emit(b, at, id(b, at), Flag.RESPONSE | Flag.RA | kept | responseCode, qdCount(b, at));
  return questionsEnd(b, at, end);
}
