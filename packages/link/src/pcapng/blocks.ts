// Blocks of pcapng (draft-ietf-opsawg-pcapng): each is its type, its length, a body, and the length again, all of it in words
// of 32 bits. Little-endian on every machine.
//
//   section header    once in a file, first
//   interface         one for each cable, before its first packet; packets name them by their number in the file
//   enhanced packet   a frame, when it passed, which way, and what there is to say about it
//   statistics        of one interface, at its end

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const STATISTICS = 5;
const ENHANCED_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
/** Of a packet: type, length, interface, time, two lengths. */
export const PACKET_HEADER = 28;
/** Option of its flags, end of options, and the length again. */
const PACKET_FOOTER = 16;

/** Option codes: 3.5, and the clauses of each block. */
const Opt = { COMMENT: 1, FLAGS: 2, NAME: 2, DESCRIPTION: 3, APPLICATION: 4, RESOLUTION: 9, FCS: 13 } as const;
const Stat = { START: 2, END: 3, RECEIVED: 4, DROPPED: 5 } as const;
const NANOSECONDS = 9;

/** Seen from here: what the guest has sent comes in. */
export const Direction = { IN: 1, OUT: 2 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** Bytes that the block of a packet takes. */
export function packetSize(kept: number): number {
  return PACKET_HEADER + padded(kept) + PACKET_FOOTER;
}

/** Writes all but the frame, whose `kept` bytes of `length` are at v[at + PACKET_HEADER]. `time`: nanoseconds since 1970. */
export function putPacket(v: DataView, at: number, { id, time, length, kept, direction }: PacketFields): void {
  const size = packetSize(kept);
  put32s(v, at, [ENHANCED_PACKET, size, id]);
  putTime(v, at + 12, time);
  put32s(v, at + 20, [kept, length]);
  for (let pad = at + PACKET_HEADER + kept; pad < at + PACKET_HEADER + padded(kept); pad++) v.setUint8(pad, 0);
  const options = at + size - PACKET_FOOTER;
  v.setUint16(options, Opt.FLAGS, true);
  v.setUint16(options + 2, 4, true);
  put32s(v, options + 4, [direction, 0, size]);
}

export interface PacketFields {
  readonly id: number;
  readonly time: bigint;
  readonly length: number;
  readonly kept: number;
  readonly direction: Direction;
}

/** The option of a comment. It is put into a packet with insertComment(). */
export function comment(text: string): Uint8Array {
  return option(Opt.COMMENT, utf8(text));
}

/** Puts the option in before the flags of the packet at b[at]; `end`: of all that is in `b`, which moves back by its length. */
export function insertOption(b: Uint8Array, v: DataView, at: number, end: number, added: Uint8Array): void {
  const size = v.getUint32(at + 4, true);
  const where = at + size - PACKET_FOOTER;
  b.copyWithin(where + added.length, where, end);
  b.set(added, where);
  const larger = size + added.length;
  v.setUint32(at + 4, larger, true);
  v.setUint32(at + larger - 4, larger, true);
}

export function section(application: string): Uint8Array {
  const fixed = new Uint8Array(16);
  const v = view(fixed);
  v.setUint32(0, BYTE_ORDER, true);
  v.setUint16(4, 1, true); // version 1.0
  v.setBigInt64(8, -1n, true); // how long the section is, nobody knows yet
  return block(SECTION, [fixed, option(Opt.APPLICATION, utf8(application)), option(0)]);
}

/** The format has no field for the MTU: the description has it. */
export function interfaceDescription(name: string, mtu: number, snapLength: number): Uint8Array {
  const fixed = new Uint8Array(8);
  const v = view(fixed);
  v.setUint16(0, LINKTYPE_ETHERNET, true);
  v.setUint32(4, snapLength, true);
  return block(INTERFACE, [
    fixed,
    option(Opt.NAME, utf8(name)),
    option(Opt.DESCRIPTION, utf8(`MTU ${mtu}`)),
    option(Opt.RESOLUTION, Uint8Array.of(NANOSECONDS)),
    option(Opt.FCS, Uint8Array.of(0)),
    option(0),
  ]);
}

export interface Statistics {
  readonly start: bigint;
  readonly now: bigint;
  readonly received: number;
  readonly dropped: number;
}

export function interfaceStatistics(id: number, { start, now, received, dropped }: Statistics): Uint8Array {
  const fixed = new Uint8Array(12);
  view(fixed).setUint32(0, id, true);
  putTime(view(fixed), 4, now);
  return block(STATISTICS, [
    fixed,
    option(Stat.START, timeOf(start)),
    option(Stat.END, timeOf(now)),
    option(Stat.RECEIVED, count(received)),
    option(Stat.DROPPED, count(dropped)),
    option(0),
  ]);
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const size = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const b = new Uint8Array(size);
  put32s(view(b), 0, [type, size]);
  let at = 8;
  for (const part of parts) {
    b.set(part, at);
    at += part.length;
  }
  view(b).setUint32(at, size, true);
  return b;
}

function option(code: number, value: Uint8Array = new Uint8Array(0)): Uint8Array {
  const b = new Uint8Array(4 + padded(value.length));
  view(b).setUint16(0, code, true);
  view(b).setUint16(2, value.length, true);
  b.set(value, 4);
  return b;
}

/** The high half first, whatever the byte order (4.3). */
function putTime(v: DataView, at: number, time: bigint): void {
  put32s(v, at, [Number(time >> 32n), Number(time & 0xffff_ffffn)]);
}

function timeOf(time: bigint): Uint8Array {
  const b = new Uint8Array(8);
  putTime(view(b), 0, time);
  return b;
}

function count(n: number): Uint8Array {
  const b = new Uint8Array(8);
  view(b).setBigUint64(0, BigInt(n), true);
  return b;
}

function put32s(v: DataView, at: number, words: readonly number[]): void {
  for (const [i, word] of words.entries()) v.setUint32(at + 4 * i, word, true);
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

const MOST_TEXT = 1_024;

/** No more than a name or a reason needs; the pure packages have no TextEncoder. */
function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text.slice(0, MOST_TEXT).replaceAll(/\p{Cs}/gu, '\ufffd'));
  const bytes: number[] = [];
  for (let i = 0; i < escaped.length; i++) {
    if (escaped[i] === '%') {
      bytes.push(Number.parseInt(escaped.slice(i + 1, i + 3), 16));
      i += 2;
    } else bytes.push(escaped.charCodeAt(i));
  }
  return Uint8Array.from(bytes);
}

function view(b: Uint8Array): DataView {
  return new DataView(b.buffer, b.byteOffset, b.length);
}
