// Ethernet II header, IEEE 802.3 3.1.1, without preamble and FCS.
//
//   0                 6                 12       14
//   +-----------------+-----------------+--------+----------
//   | destination     | source          | type   | payload
//   +-----------------+-----------------+--------+----------
import { put8, put16, u8, u16 } from './bytes.ts';

export const HEADER = 14;
/** Bytes of one address. */
export const MAC = 6;
/** Offsets of the two addresses, for those who compare or copy them in place. */
export const DST = 0;
export const SRC = 6;
const TYPE = 12;
/** Shortest frame on a real wire, without FCS (IEEE 802.3 4.2.3.3). */
export const MIN_FRAME = 60;

export const Type = { IP4: 0x0800, ARP: 0x0806, VLAN: 0x8100, IP6: 0x86dd, NCSI: 0x88f8 } as const;

export const Malformed = { NO: 0, SHORT: 1 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, every reader of this file is safe on the same bytes. */
export function check(_b: Uint8Array, at: number, end: number): Malformed {
  return end - at < HEADER ? Malformed.SHORT : Malformed.NO;
}

export function type(b: Uint8Array, at: number): number {
  return u16(b, at + TYPE);
}

/** Group bit of the address at `at` (multicast or broadcast), IEEE 802 8.2. */
export function isGroup(b: Uint8Array, at: number): boolean {
  return (u8(b, at) & 1) !== 0;
}

/** Whether the address at `a[at]` is the one at `b[bt]`. */
export function sameMac(a: Uint8Array, at: number, b: Uint8Array, bt: number): boolean {
  for (let i = 0; i < MAC; i++) if (u8(a, at + i) !== u8(b, bt + i)) return false;
  return true;
}

export function copyMac(to: Uint8Array, at: number, from: Uint8Array, ft: number): void {
  for (let i = 0; i < MAC; i++) put8(to, at + i, u8(from, ft + i));
}

/** Writes the header: destination from `dst[dt]`, source from `src[st]`. */
export function emit(
  b: Uint8Array,
  at: number,
  dst: Uint8Array,
  dt: number,
  src: Uint8Array,
  st: number,
  etherType: number,
): void {
  copyMac(b, at + DST, dst, dt);
  copyMac(b, at + SRC, src, st);
  put16(b, at + TYPE, etherType);
}
