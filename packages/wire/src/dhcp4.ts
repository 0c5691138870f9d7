// DHCP for IPv4 and BOOTP, the message that both share: RFC 951, RFC 2131 2 (figure 1); options of RFC 2132.
//
//   0    1    2    3    4        8      10     12       16       20       24       28
//   +----+----+----+----+--------+------+------+--------+--------+--------+--------+---
//   | op |htyp|hlen|hops| xid    | secs | flags| ciaddr | yiaddr | siaddr | giaddr |
//   +----+----+----+----+--------+------+------+--------+--------+--------+--------+---
//   28          44          108         236      240
//   +-----------+-----------+-----------+--------+-----------
//   | chaddr 16 | sname 64  | file 128  | cookie | options: code, length, value ... END
//   +-----------+-----------+-----------+--------+-----------
//
// Options may go on in `file` and `sname` when option 52 says so (RFC 2131 4.1), and one option may be split over several
// of the same code (RFC 3396). option() finds the first piece wherever it is, copyOption() joins all of them.
// Left out: hardware other than Ethernet when writing, authentication (RFC 3118), and what the values mean.
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';
import { appendAll, find, Option } from './dhcp4-options.ts';
import { copyMac, MAC } from './ether.ts';

export { emit8, emit16, emit32, emitAddresses, emitBytes, Option } from './dhcp4-options.ts';

/** Up to the options, cookie included. */
export const HEADER = 240;
/** RFC 1542 2.1: what every receiver takes and some clients insist on. emitEnd() pads to it. */
export const MIN_MESSAGE = 300;
const HTYPE = 1;
const HLEN = 2;
const HOPS = 3;
const XID = 4;
const SECS = 8;
const FLAGS = 10;
const CIADDR = 12;
const YIADDR = 16;
const SIADDR = 20;
const GIADDR = 24;
/** Offset of the client's hardware address: hardwareLength() bytes of 16. */
export const CHADDR = 28;
export const CHADDR_SIZE = 16;
/** Offset of the server's name, a zero-terminated text unless overloaded with options. */
export const SNAME = 44;
export const SNAME_SIZE = 64;
/** Offset of the boot file's name, likewise. */
export const FILE = 108;
export const FILE_SIZE = 128;
const COOKIE = 236;
const MAGIC = 0x63825363;
const ETHERNET = 1;
const BROADCAST = 0x8000;

export const Port = { SERVER: 67, CLIENT: 68 } as const;

export const Op = { REQUEST: 1, REPLY: 2 } as const;

/** Values of Option.MESSAGE_TYPE. */
export const Message = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;

/** Bits of Option.OVERLOAD. */
const Overload = { FILE: 1, SNAME: 2 } as const;

export const Malformed = { NO: 0, SHORT: 1, HARDWARE: 2, COOKIE: 3 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/**
 * Once this says NO, every reader of this file is safe on the same bytes. HARDWARE: an address longer than its field.
 * COOKIE: no options follow (a client of RFC 951), yet the readers of the fixed fields are safe.
 */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER) return Malformed.SHORT;
  if (hardwareLength(b, at) > CHADDR_SIZE) return Malformed.HARDWARE;
  return i32(b, at + COOKIE) === MAGIC ? Malformed.NO : Malformed.COOKIE;
}

export function op(b: Uint8Array, at: number): number {
  return u8(b, at);
}

/** 1 for Ethernet (RFC 1700, hardware types of ARP). */
export function hardwareType(b: Uint8Array, at: number): number {
  return u8(b, at + HTYPE);
}

/** Bytes of the address at CHADDR. */
export function hardwareLength(b: Uint8Array, at: number): number {
  return u8(b, at + HLEN);
}

export function xid(b: Uint8Array, at: number): number {
  return i32(b, at + XID);
}

/** Seconds since the client began. */
export function secs(b: Uint8Array, at: number): number {
  return u16(b, at + SECS);
}

/** The client cannot take unicast before it has its address (RFC 2131 4.1). */
export function isBroadcast(b: Uint8Array, at: number): boolean {
  return (u16(b, at + FLAGS) & BROADCAST) !== 0;
}

/** The client's own address, once it has one. */
export function ciaddr(b: Uint8Array, at: number): number {
  return i32(b, at + CIADDR);
}

/** "Your" address: what the server gives. */
export function yiaddr(b: Uint8Array, at: number): number {
  return i32(b, at + YIADDR);
}

/** Server of the next step of the boot. */
export function siaddr(b: Uint8Array, at: number): number {
  return i32(b, at + SIADDR);
}

/** Relay agent. */
export function giaddr(b: Uint8Array, at: number): number {
  return i32(b, at + GIADDR);
}

/**
 * Offset of the length byte of the first option `code`, -1 when there is none: its value is the `u8(b, p)` bytes from p + 1.
 * They lie before `end`. An option cut off by the end of its field ends the search in that field.
 */
export function option(b: Uint8Array, at: number, end: number, code: number): number {
  const options = at + HEADER;
  const first = find(b, options, end, code);
  if (first >= 0) return first;
  const overload = overloaded(b, options, end);
  const inFile = overload & Overload.FILE ? find(b, at + FILE, at + FILE + FILE_SIZE, code) : -1;
  if (inFile >= 0) return inFile;
  return overload & Overload.SNAME ? find(b, at + SNAME, at + SNAME + SNAME_SIZE, code) : -1;
}

/**
 * Copies the value of option `code` to [tAt, tEnd) of `to`, all its pieces joined (RFC 3396 7: options, file, sname).
 * Returns the end of the copy; -1 when the option is absent or does not fit.
 */
export function copyOption(
  b: Uint8Array,
  at: number,
  end: number,
  code: number,
  to: Uint8Array,
  tAt: number,
  tEnd: number,
): number {
  const overload = overloaded(b, at + HEADER, end);
  let next = option(b, at, end, code) < 0 ? -1 : tAt;
  next = appendAll(b, at + HEADER, end, code, to, next, tEnd);
  if (overload & Overload.FILE) next = appendAll(b, at + FILE, at + FILE + FILE_SIZE, code, to, next, tEnd);
  if (overload & Overload.SNAME) next = appendAll(b, at + SNAME, at + SNAME + SNAME_SIZE, code, to, next, tEnd);
  return next;
}

/** One of Message; 0 when there is none, which is BOOTP. */
export function messageType(b: Uint8Array, at: number, end: number): number {
  const p = option(b, at, end, Option.MESSAGE_TYPE);
  return p >= 0 && u8(b, p) === 1 ? u8(b, p + 1) : 0;
}

/** Value of an option of four bytes, an address or a time; `otherwise` when it is absent or has another length. */
export function option32(b: Uint8Array, at: number, end: number, code: number, otherwise: number): number {
  const p = option(b, at, end, code);
  return p >= 0 && u8(b, p) === 4 ? i32(b, p + 1) : otherwise;
}

/** Value of an option of two bytes, likewise. */
export function option16(b: Uint8Array, at: number, end: number, code: number, otherwise: number): number {
  const p = option(b, at, end, code);
  return p >= 0 && u8(b, p) === 2 ? u16(b, p + 1) : otherwise;
}

function overloaded(b: Uint8Array, options: number, end: number): number {
  const p = find(b, options, end, Option.OVERLOAD);
  return p >= 0 && u8(b, p) === 1 ? u8(b, p + 1) : 0;
}

/**
 * Writes the fixed header for an Ethernet client, cookie included, with empty `sname` and `file`; its MAC comes from `mac[mt]`.
 * Returns where the options go. The caller has HEADER bytes of room.
 */
export function emit(
  b: Uint8Array,
  at: number,
  operation: number,
  transaction: number,
  broadcast: boolean,
  client: number,
  yours: number,
  server: number,
  relay: number,
  mac: Uint8Array,
  mt: number,
): number {
  put8(b, at, operation);
  put8(b, at + HTYPE, ETHERNET);
  put8(b, at + HLEN, MAC);
  put8(b, at + HOPS, 0);
  put32(b, at + XID, transaction);
  put16(b, at + SECS, 0);
  put16(b, at + FLAGS, broadcast ? BROADCAST : 0);
  put32(b, at + CIADDR, client);
  put32(b, at + YIADDR, yours);
  put32(b, at + SIADDR, server);
  put32(b, at + GIADDR, relay);
  copyMac(b, at + CHADDR, mac, mt);
  b.fill(0, at + CHADDR + MAC, at + COOKIE);
  put32(b, at + COOKIE, MAGIC);
  return at + HEADER;
}

/** Ends the options at `next` of the message at `at`, and pads the message to MIN_MESSAGE. Returns its end, -1 without room. */
export function emitEnd(b: Uint8Array, at: number, next: number, end: number): number {
  if (next < 0 || next >= end || at + MIN_MESSAGE > end) return -1;
  put8(b, next, Option.END);
  const stop = Math.max(next + 1, at + MIN_MESSAGE);
  b.fill(Option.PAD, next + 1, stop);
  return stop;
}
