// ARP for IPv4 over Ethernet, RFC 826.
//
//   0       2       4    5    6       8          14         18         24         28
//   +-------+-------+----+----+-------+----------+----------+----------+----------+
//   | hrd=1 | pro   | hln| pln| op    | sha      | spa      | tha      | tpa      |
//   +-------+-------+----+----+-------+----------+----------+----------+----------+
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';
import { copyMac, MAC, Type } from './ether.ts';

export const HEADER = 28;
/** Offset of the sender's hardware address. */
export const SHA = 8;
/** Offset of the target's hardware address. */
export const THA = 18;
const HRD = 0;
const PRO = 2;
const HLN = 4;
const PLN = 5;
const OP = 6;
const SPA = 14;
const TPA = 24;
const ETHERNET = 1;

export const Op = { REQUEST: 1, REPLY: 2 } as const;

export const Malformed = { NO: 0, SHORT: 1, KIND: 2 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, every reader of this file is safe on the same bytes. KIND: not IPv4 over Ethernet. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  const ours =
    u16(b, at + HRD) === ETHERNET && u16(b, at + PRO) === Type.IP4 && u8(b, at + HLN) === MAC && u8(b, at + PLN) === 4;
  return ours ? Malformed.NO : Malformed.KIND;
}

export function op(b: Uint8Array, at: number): number {
  return u16(b, at + OP);
}

/** Sender's IPv4 address. */
export function spa(b: Uint8Array, at: number): number {
  return i32(b, at + SPA);
}

/** Target's IPv4 address. */
export function tpa(b: Uint8Array, at: number): number {
  return i32(b, at + TPA);
}

/** Writes the whole packet. Hardware addresses come from `sha[st]` and `tha[tt]`. */
export function emit(
  b: Uint8Array,
  at: number,
  operation: number,
  sha: Uint8Array,
  st: number,
  senderIp: number,
  tha: Uint8Array,
  tt: number,
  targetIp: number,
): void {
  put16(b, at + HRD, ETHERNET);
  put16(b, at + PRO, Type.IP4);
  put8(b, at + HLN, MAC);
  put8(b, at + PLN, 4);
  put16(b, at + OP, operation);
  copyMac(b, at + SHA, sha, st);
  put32(b, at + SPA, senderIp);
  copyMac(b, at + THA, tha, tt);
  put32(b, at + TPA, targetIp);
}
