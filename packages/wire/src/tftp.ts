// TFTP messages, RFC 1350 5 and appendix I; options of RFC 2347, 2348 (blksize), 2349 (timeout, tsize), 7440 (windowsize).
//
//   RRQ, WRQ   | 1 or 2 | name 0 | mode 0 | option 0 | value 0 | ...
//   DATA       | 3      | block  | 0 to blksize bytes; fewer than blksize: the last
//   ACK        | 4      | block  |
//   ERROR      | 5      | code   | message 0
//   OACK       | 6      | option 0 | value 0 | ...
//
// All numbers are of 16 bits; texts are netascii. Options that come in halves at the end of a message are as if not there.
import { put8, put16, u8, u16 } from './bytes.ts';

/** Where servers are asked. A transfer goes on between two other ports, its transfer identifiers. */
export const PORT = 69;
/** Operation, and block or code. */
export const HEADER = 4;
/** Before names and options. */
const OPERATION = 2;
/** RFC 1350 1: what a block has unless blksize says otherwise. RFC 2348: what it may say. */
export const BLOCK_SIZE = 512;
export const MIN_BLOCK_SIZE = 8;
export const MAX_BLOCK_SIZE = 65_464;

export const Op = { READ: 1, WRITE: 2, DATA: 3, ACK: 4, ERROR: 5, OPTIONS: 6 } as const;

/** RFC 1350 5; OPTIONS: RFC 2347. */
export const ErrorCode = {
  UNDEFINED: 0,
  NOT_FOUND: 1,
  ACCESS: 2,
  DISK_FULL: 3,
  ILLEGAL: 4,
  UNKNOWN_TRANSFER: 5,
  EXISTS: 6,
  NO_SUCH_USER: 7,
  OPTIONS: 8,
} as const;

export const Malformed = { NO: 0, SHORT: 1, OPERATION: 2, TEXT: 3 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, the readers of that operation are safe on the same bytes. TEXT: a request without name or mode. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < OPERATION) return Malformed.SHORT;
  const operation = op(b, at);
  if (operation < Op.READ || operation > Op.OPTIONS) return Malformed.OPERATION;
  if (operation === Op.OPTIONS) return Malformed.NO;
  if (operation !== Op.READ && operation !== Op.WRITE) return end - at < HEADER ? Malformed.SHORT : Malformed.NO;
  const afterName = textEnd(b, at + OPERATION, end);
  return afterName < 0 || textEnd(b, afterName + 1, end) < 0 ? Malformed.TEXT : Malformed.NO;
}

export function op(b: Uint8Array, at: number): number {
  return u16(b, at);
}

/** Of DATA and ACK. */
export function block(b: Uint8Array, at: number): number {
  return u16(b, at + OPERATION);
}

/** Of ERROR: one of ErrorCode. */
export function errorCode(b: Uint8Array, at: number): number {
  return u16(b, at + OPERATION);
}

/** Offset of the zero that ends the text at `p`; -1 when there is none before `end`. */
export function textEnd(b: Uint8Array, p: number, end: number): number {
  while (p < end && u8(b, p) !== 0) p++;
  return p < end ? p : -1;
}

/** Offset of a request's name. */
export function nameAt(at: number): number {
  return at + OPERATION;
}

/** Offset of a request's mode. */
export function modeAt(b: Uint8Array, at: number, end: number): number {
  return textEnd(b, nameAt(at), end) + 1;
}

/** Whether the text at `p` is `word`, which is lower case; RFC 1350 5 and RFC 2347 say that its case means nothing. */
export function isWord(b: Uint8Array, p: number, end: number, word: string): boolean {
  if (p + word.length >= end || u8(b, p + word.length) !== 0) return false;
  for (let i = 0; i < word.length; i++) if (lower(u8(b, p + i)) !== word.charCodeAt(i)) return false;
  return true;
}

function lower(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c | 0x20 : c;
}

/** Offset of the value of the option `name` of a request or OACK, -1 without one. RFC 2347: the first one counts. */
export function option(b: Uint8Array, at: number, end: number, name: string): number {
  let p = op(b, at) === Op.OPTIONS ? at + OPERATION : textEnd(b, modeAt(b, at, end), end) + 1;
  for (;;) {
    const value = textEnd(b, p, end) + 1;
    const after = value === 0 ? 0 : textEnd(b, value, end) + 1;
    if (after === 0) return -1;
    if (isWord(b, p, end, name)) return value;
    p = after;
  }
}

/** The decimal number that is the whole text at `p`; -1 when it is none, or has more than 15 digits. */
export function number(b: Uint8Array, p: number, end: number): number {
  const stop = textEnd(b, p, end);
  if (stop <= p || stop - p > 15) return -1;
  let n = 0;
  for (; p < stop; p++) {
    const digit = u8(b, p) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    n = n * 10 + digit;
  }
  return n;
}

// Emitters: each returns where the next thing goes. What does not fit before `end` is not written and gives -1, and so does `at` -1.

/** A request without options, Op.READ or Op.WRITE. */
export function emitRequest(
  b: Uint8Array,
  at: number,
  end: number,
  operation: number,
  name: string,
  mode: string,
): number {
  if (at < 0 || at + OPERATION > end) return -1;
  put16(b, at, operation);
  return emitText(b, emitText(b, at + OPERATION, end, name), end, mode);
}

/** What goes before the bytes of a block. The caller has HEADER bytes of room. */
export function emitData(b: Uint8Array, at: number, number: number): number {
  put16(b, at, Op.DATA);
  put16(b, at + OPERATION, number);
  return at + HEADER;
}

/** The caller has HEADER bytes of room. */
export function emitAck(b: Uint8Array, at: number, number: number): number {
  put16(b, at, Op.ACK);
  put16(b, at + OPERATION, number);
  return at + HEADER;
}

export function emitError(b: Uint8Array, at: number, end: number, code: number, message: string): number {
  if (at < 0 || at + HEADER > end) return -1;
  put16(b, at, Op.ERROR);
  put16(b, at + OPERATION, code);
  return emitText(b, at + HEADER, end, message);
}

/** An OACK, whose options follow. The caller has two bytes of room. */
export function emitOptions(b: Uint8Array, at: number): number {
  put16(b, at, Op.OPTIONS);
  return at + OPERATION;
}

/** An option, of an OACK or behind a request. */
export function emitOption(b: Uint8Array, at: number, end: number, name: string, value: number): number {
  return emitText(b, emitText(b, at, end, name), end, String(value));
}

/** One byte for each character. */
function emitText(b: Uint8Array, at: number, end: number, text: string): number {
  if (at < 0 || at + text.length >= end) return -1;
  for (let i = 0; i < text.length; i++) put8(b, at + i, text.charCodeAt(i));
  put8(b, at + text.length, 0);
  return at + text.length + 1;
}
