// NC-SI control packets, DMTF DSP0222 8.2: how a management controller (BMC) talks to the network card that it shares.
//
//   0       1          2          3    4      5         6        8          16
//   +-------+----------+----------+----+------+---------+--------+----------+---------+-----+----------+
//   | mc id | revision | reserved | id | type | channel | length | reserved | payload | pad | checksum |
//   +-------+----------+----------+----+------+---------+--------+----------+---------+-----+----------+
//
//   payload of a response   code 2, reason 2, and what the command asked for
//
// `channel` is the package in its upper three bits and the channel within it in the others. The payload is padded to four bytes,
// and the checksum, which may be 0 for none, covers all before it.
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';

export const HEADER = 16;
const REVISION = 1;
const ID = 3;
const TYPE = 4;
const CHANNEL = 5;
const LENGTH = 6;
/** The upper four bits are reserved. */
const LENGTH_MASK = 0xfff;
const CHECKSUM = 4;
/** Offset of what a response has behind code and reason. */
export const BODY = 20;
/** In type: a response. */
const RESPONSE = 0x80;
/** In channel: all of the package. */
export const WHOLE_PACKAGE = 0x1f;

/** DSP0222 table 18. */
export const Command = {
  CLEAR_INITIAL_STATE: 0x00,
  SELECT_PACKAGE: 0x01,
  DESELECT_PACKAGE: 0x02,
  ENABLE_CHANNEL: 0x03,
  DISABLE_CHANNEL: 0x04,
  RESET_CHANNEL: 0x05,
  ENABLE_TX: 0x06,
  DISABLE_TX: 0x07,
  AEN_ENABLE: 0x08,
  SET_LINK: 0x09,
  GET_LINK: 0x0a,
  SET_VLAN_FILTER: 0x0b,
  ENABLE_VLAN: 0x0c,
  DISABLE_VLAN: 0x0d,
  SET_MAC: 0x0e,
  ENABLE_BROADCAST_FILTER: 0x10,
  DISABLE_BROADCAST_FILTER: 0x11,
  ENABLE_MULTICAST_FILTER: 0x12,
  DISABLE_MULTICAST_FILTER: 0x13,
  SET_FLOW_CONTROL: 0x14,
  GET_VERSION: 0x15,
  GET_CAPABILITIES: 0x16,
  GET_PARAMETERS: 0x17,
  GET_PACKET_STATISTICS: 0x18,
  GET_STATISTICS: 0x19,
  GET_PASS_THROUGH_STATISTICS: 0x1a,
  GET_PACKAGE_STATUS: 0x1b,
  OEM: 0x50,
  PLDM: 0x51,
  GET_PACKAGE_UUID: 0x52,
} as const;

/** DSP0222 8.2.5: response codes. */
export const Code = { COMPLETED: 0, FAILED: 1, UNAVAILABLE: 2, UNSUPPORTED: 3 } as const;

/** Reasons for them. */
export const Reason = { NO_ERROR: 0, PARAMETER: 2, PAYLOAD_LENGTH: 5, UNKNOWN: 0x7fff } as const;

export const Malformed = { NO: 0, SHORT: 1, REVISION: 2, CHECKSUM: 3 } as const;
export type Malformed = (typeof Malformed)[keyof typeof Malformed];

/** Once this says NO, header and payload can be read. `end` may lie behind padding of Ethernet. */
export function check(b: Uint8Array, at: number, end: number): Malformed {
  if (end - at < HEADER || at + HEADER + length(b, at) > end) return Malformed.SHORT;
  if (u8(b, at + REVISION) !== 1) return Malformed.REVISION;
  const stop = at + HEADER + padded(length(b, at));
  const given = stop + CHECKSUM > end ? 0 : i32(b, stop);
  return given === 0 || given === checksum(b, at, stop) ? Malformed.NO : Malformed.CHECKSUM;
}

/** One of Command, in a request. */
export function type(b: Uint8Array, at: number): number {
  return u8(b, at + TYPE);
}

/** Not a request: a response, or an AEN. */
export function isResponse(b: Uint8Array, at: number): boolean {
  return (type(b, at) & RESPONSE) !== 0;
}

/** Instance of the command: 1 to 255, or 0 for AENs. */
export function id(b: Uint8Array, at: number): number {
  return u8(b, at + ID);
}

export function packageId(b: Uint8Array, at: number): number {
  return u8(b, at + CHANNEL) >>> 5;
}

/** Within its package. */
export function channel(b: Uint8Array, at: number): number {
  return u8(b, at + CHANNEL) & WHOLE_PACKAGE;
}

/** Bytes of the payload, without padding and checksum. */
export function length(b: Uint8Array, at: number): number {
  return u16(b, at + LENGTH) & LENGTH_MASK;
}

/**
 * Writes the response to the request at from[fromAt], around the `size` bytes of payload from code on: all but code and reason
 * are in place, and so is the padding. Returns its end.
 */
export function emitResponse(
  b: Uint8Array,
  at: number,
  from: Uint8Array,
  fromAt: number,
  size: number,
  code: number,
  reason: number,
): number {
  b.fill(0, at, at + HEADER);
  put8(b, at, u8(from, fromAt));
  put8(b, at + REVISION, 1);
  put8(b, at + ID, id(from, fromAt));
  put8(b, at + TYPE, type(from, fromAt) | RESPONSE);
  put8(b, at + CHANNEL, u8(from, fromAt + CHANNEL));
  put16(b, at + LENGTH, size);
  put16(b, at + HEADER, code);
  put16(b, at + HEADER + 2, reason);
  const stop = at + HEADER + padded(size);
  put32(b, stop, checksum(b, at, stop));
  return stop + CHECKSUM;
}

/** DSP0222 8.2.2.3: the two's complement of the sum of all 16-bit words, in 32 bits. */
export function checksum(b: Uint8Array, at: number, end: number): number {
  let sum = 0;
  for (let p = at; p < end; p += 2) sum += u16(b, p);
  return -sum | 0;
}

function padded(size: number): number {
  return (size + 3) & ~3;
}
