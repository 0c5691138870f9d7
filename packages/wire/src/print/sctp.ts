// SCTP, RFC 9260: a header, and chunks of type, flags, length and value, each padded to 4 bytes.
import { i32, u8, u16 } from '../bytes.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { bits } from './writer.ts';

const HEADER = 12;
const SUM = 8;
const Chunk = { DATA: 0, INIT: 1, INIT_ACK: 2, SACK: 3, SHUTDOWN: 7 } as const;
const NAMES: readonly string[] = [
  'DATA',
  'INIT',
  'INIT_ACK',
  'SACK',
  'HEARTBEAT',
  'HEARTBEAT_ACK',
  'ABORT',
  'SHUTDOWN',
  'SHUTDOWN_ACK',
  'ERROR',
  'COOKIE_ECHO',
  'COOKIE_ACK',
  'ECNE',
  'CWR',
  'SHUTDOWN_COMPLETE',
];
const DATA_FLAGS = [
  [1, 'end'],
  [2, 'beginning'],
  [4, 'unordered'],
  [8, 'immediately'],
] as const;

export const printSctp: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.carried('SCTP', at, end, d.quoted ? 8 : HEADER)) return;
  d.ports(u16(b, at), u16(b, at + 2));
  out.field('src_port', u16(b, at));
  out.field('dst_port', u16(b, at + 2));
  out.hex('verification_tag', i32(b, at + 4), 8);
  if (d.quoted) return;
  out.hex('checksum', i32(b, at + SUM), 8);
  if (d.offloaded) out.note('offloaded');
  else if (d.whole && i32(b, at + SUM) !== crc32c(b, at, end)) out.fault('bad checksum');
  chunks(d, at + HEADER, end);
};

function chunks(d: Dissection, p: number, end: number): void {
  const { b, out } = d;
  while (p < end && !out.full) {
    if (p + 4 > end) return void out.fault('truncated');
    const type = u8(b, p);
    const size = u16(b, p + 2);
    out.item(NAMES[type] ?? 'Unknown');
    out.field('chunk_type', type);
    out.hex('flags', u8(b, p + 1), 2, type === Chunk.DATA ? bits(u8(b, p + 1), DATA_FLAGS) : '');
    out.field('length', size);
    if (size < 4 || p + size > end) return void out.fault('truncated');
    value(d, type, p + 4, p + size);
    p += (size + 3) & ~3;
  }
}

function value(d: Dissection, type: number, at: number, end: number): void {
  const { b, out } = d;
  const size = end - at;
  if (type === Chunk.DATA && size >= 12) {
    out.field('tsn', i32(b, at) >>> 0);
    out.field('stream', u16(b, at + 4));
    out.field('ssn', u16(b, at + 6));
    out.field('ppid', i32(b, at + 8) >>> 0);
    out.field('payload', size - 12);
  } else if ((type === Chunk.INIT || type === Chunk.INIT_ACK) && size >= 16) {
    out.hex('initiate_tag', i32(b, at), 8);
    out.field('a_rwnd', i32(b, at + 4) >>> 0);
    out.field('out_streams', u16(b, at + 8));
    out.field('in_streams', u16(b, at + 10));
    out.field('initial_tsn', i32(b, at + 12) >>> 0);
  } else if (type === Chunk.SACK && size >= 12) {
    out.field('cumulative_tsn', i32(b, at) >>> 0);
    out.field('a_rwnd', i32(b, at + 4) >>> 0);
    out.field('gaps', u16(b, at + 8));
    out.field('duplicates', u16(b, at + 10));
  } else if (type === Chunk.SHUTDOWN && size >= 4) out.field('cumulative_tsn', i32(b, at) >>> 0);
}

/** Castagnoli's polynomial, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** RFC 9260 appendix A, as the field has it: of [at, end) with a checksum of zero, the low byte first. */
function crc32c(b: Uint8Array, at: number, end: number): number {
  let crc = -1;
  for (let p = at; p < end; p++) {
    crc ^= p >= at + SUM && p < at + HEADER ? 0 : u8(b, p);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : POLYNOMIAL);
  }
  crc = ~crc;
  return (crc << 24) | ((crc & 0xff00) << 8) | ((crc >>> 8) & 0xff00) | (crc >>> 24);
}
