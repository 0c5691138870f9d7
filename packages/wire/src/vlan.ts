// The tag of IEEE 802.1Q 9.6. It stands behind an Ethernet header whose type is Ether.Type.VLAN, which is the tag's own TPID:
// `at` is the offset of the tag control information, the first byte after that header.
//
//   0              2        4
//   +---+-+--------+--------+----------
//   |pcp|d|  vid   | type   | payload
//   +---+-+--------+--------+----------
import { put16, u16 } from './bytes.ts';

export const HEADER = 4;
const TYPE = 2;
const PRIORITY_SHIFT = 13;
const DROP_ELIGIBLE = 0x1000;
const ID_MASK = 0x0fff;

/** Identifiers with a meaning of their own, IEEE 802.1Q 9.6 (table 9-2). */
export const Id = { PRIORITY_ONLY: 0, DEFAULT: 1, RESERVED: 0xfff } as const;

export const Malformed = { NO: 0, SHORT: 1 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, every reader of this file is safe on the same bytes. */
export function check(_b: Uint8Array, at: number, end: number): Malformed {
  return end - at < HEADER ? Malformed.SHORT : Malformed.NO;
}

/** 0 to 7 (PCP). */
export function priority(b: Uint8Array, at: number): number {
  return u16(b, at) >>> PRIORITY_SHIFT;
}

export function dropEligible(b: Uint8Array, at: number): boolean {
  return (u16(b, at) & DROP_ELIGIBLE) !== 0;
}

/** VLAN identifier, 12 bits. */
export function id(b: Uint8Array, at: number): number {
  return u16(b, at) & ID_MASK;
}

/** EtherType of what follows; another tag when it is Ether.Type.VLAN. */
export function type(b: Uint8Array, at: number): number {
  return u16(b, at + TYPE);
}

/** Writes the tag; of `vlan` and `pcp` the bits that fit. */
export function emit(b: Uint8Array, at: number, pcp: number, eligible: boolean, vlan: number, etherType: number): void {
  put16(b, at, ((pcp & 7) << PRIORITY_SHIFT) | (eligible ? DROP_ELIGIBLE : 0) | (vlan & ID_MASK));
  put16(b, at + TYPE, etherType);
}
