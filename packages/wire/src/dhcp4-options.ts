// Options of DHCPv4 in one field [p, end), RFC 2132 2: PAD and END are single bytes, all others code, length, value.
//
//   +----+----+-----------+----+----+-----------+-----+-----+----
//   |code| n  | n bytes   |code| n  | n bytes   | END | PAD ...
//   +----+----+-----------+----+----+-----------+-----+-----+----
import { put8, put16, put32, u8 } from './bytes.ts';

/**
 * RFC 2132, but for: 77 RFC 3004, 80 RFC 4039, 81 RFC 4702, 93 and 94 RFC 4578, 108 RFC 8925, 114 RFC 8910, 119 RFC 3397,
 * 121 RFC 3442, 175 what iPXE has of its own, 249 the same as 121 before it was a standard.
 */
export const Option = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTER: 3,
  DNS: 6,
  HOST_NAME: 12,
  DOMAIN_NAME: 15,
  MTU: 26,
  BROADCAST: 28,
  NTP: 42,
  VENDOR_SPECIFIC: 43,
  REQUESTED_IP: 50,
  LEASE_TIME: 51,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_ID: 54,
  PARAMETER_LIST: 55,
  TEXT: 56,
  MAX_SIZE: 57,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  VENDOR_CLASS: 60,
  CLIENT_ID: 61,
  TFTP_SERVER: 66,
  BOOT_FILE: 67,
  USER_CLASS: 77,
  RAPID_COMMIT: 80,
  FQDN: 81,
  CLIENT_ARCHITECTURE: 93,
  CLIENT_INTERFACE: 94,
  IPV6_ONLY: 108,
  CAPTIVE_PORTAL: 114,
  DOMAIN_SEARCH: 119,
  CLASSLESS_ROUTES: 121,
  IPXE: 175,
  MS_CLASSLESS_ROUTES: 249,
  END: 255,
} as const;

/** Offset of the length byte of the first option `code` of the field, -1 when there is none before END or a broken one. */
export function find(b: Uint8Array, p: number, end: number, code: number): number {
  while (p < end) {
    const here = u8(b, p++);
    if (here === Option.PAD) continue;
    if (here === Option.END || p >= end || p + 1 + u8(b, p) > end) return -1;
    if (here === code) return p;
    p += 1 + u8(b, p);
  }
  return -1;
}

/**
 * Copies the values of all options `code` of the field to `to`, from `next` on. Returns the end of the copy;
 * -1 when they do not fit before `tEnd`, and when `next` is -1.
 */
export function appendAll(
  b: Uint8Array,
  p: number,
  end: number,
  code: number,
  to: Uint8Array,
  next: number,
  tEnd: number,
): number {
  for (let piece = find(b, p, end, code); piece >= 0 && next >= 0; piece = find(b, p, end, code)) {
    p = piece + 1 + u8(b, piece);
    if (next + u8(b, piece) > tEnd) return -1;
    for (let q = piece + 1; q < p; q++) put8(to, next++, u8(b, q));
  }
  return next;
}

// Emitters of options: each returns where the next one goes. What does not fit before `end` is not written at all and gives -1,
// and so does `at` -1: a chain of them is checked once, at its end.

export function emit8(b: Uint8Array, at: number, end: number, code: number, value: number): number {
  const v = begin(b, at, end, code, 1);
  if (v >= 0) put8(b, v, value);
  return v < 0 ? v : v + 1;
}

export function emit16(b: Uint8Array, at: number, end: number, code: number, value: number): number {
  const v = begin(b, at, end, code, 2);
  if (v >= 0) put16(b, v, value);
  return v < 0 ? v : v + 2;
}

export function emit32(b: Uint8Array, at: number, end: number, code: number, value: number): number {
  const v = begin(b, at, end, code, 4);
  if (v >= 0) put32(b, v, value);
  return v < 0 ? v : v + 4;
}

/** A list of addresses in one option: at most 63, else -1. */
export function emitAddresses(
  b: Uint8Array,
  at: number,
  end: number,
  code: number,
  addresses: readonly number[],
): number {
  const size = addresses.length * 4;
  const v = size > 255 ? -1 : begin(b, at, end, code, size);
  if (v < 0) return v;
  for (let i = 0; i < addresses.length; i++) put32(b, v + i * 4, addresses[i] ?? 0);
  return v + size;
}

/** Bytes [from, to) of `value`, in as many options of the same code as they need (RFC 3396 5). */
export function emitBytes(
  b: Uint8Array,
  at: number,
  end: number,
  code: number,
  value: Uint8Array,
  from: number,
  to: number,
): number {
  const pieces = Math.max(1, Math.ceil((to - from) / 255));
  if (at < 0 || at + pieces * 2 + (to - from) > end) return -1;
  do {
    const size = Math.min(255, to - from);
    at = begin(b, at, end, code, size);
    for (const stop = from + size; from < stop; from++) put8(b, at++, u8(value, from));
  } while (from < to);
  return at;
}

/** Code and length. Returns where the value goes. */
function begin(b: Uint8Array, at: number, end: number, code: number, size: number): number {
  if (at < 0 || at + 2 + size > end) return -1;
  put8(b, at, code);
  put8(b, at + 1, size);
  return at + 2;
}
