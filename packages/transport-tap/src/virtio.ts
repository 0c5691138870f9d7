// struct virtio_net_hdr, VIRTIO 1.2 5.1.6, little-endian, without the number of buffers.
//
//   0       1      2           4           6            8              10
//   +-------+------+-----------+-----------+------------+--------------+
//   | flags | cut  | headers   | mss       | sum from   | sum field    |
//   +-------+------+-----------+-----------+------------+--------------+
//
// `cut` is how a frame was left uncut, `headers` the bytes before its payload, `mss` the bytes of payload in each segment;
// `sum from` is where the checksum begins, and `sum field` where it belongs from there.
import { Cut, type Unfinished } from '@reslirp/link';
import { finish, sum } from '@reslirp/wire/checksum';

export const HEADER = 10;
const FLAGS = 0;
const CUT = 1;
const HEADERS = 2;
const MSS = 4;
const SUM_FROM = 6;
const SUM_FIELD = 8;

const Flag = { NEEDS_SUM: 1, SUM_IS_GOOD: 2 } as const;
const Kind = { NONE: 0, TCP4: 1, TCP6: 4, UDP: 5 } as const;
/** Beside a kind: the segments have their CWR flag in the first only (RFC 3168 6.1.2). */
const ECN = 0x80;
/** Where TCP has its checksum, RFC 9293 3.1. */
const TCP_SUM_FIELD = 16;
const UDP_SUM_FIELD = 6;
/** Of the frame: bytes of its Ethernet header, and where and what its type is. */
const ETHER = 14;
const ETHER_TYPE = 12;
const IP4 = 0x0800;
const IP6 = 0x86dd;
/** By Cut. */
const KINDS: readonly number[] = [Kind.NONE, Kind.TCP4, Kind.TCP6, Kind.UDP];

/** Nothing is left to be done. */
export function putNothing(v: DataView, at: number): void {
  for (let i = 0; i < HEADER; i += 2) v.setUint16(at + i, 0, true);
}

/** `size`: bytes of Ethernet, IP and transport headers. */
export function putUnfinished(v: DataView, at: number, u: Unfinished, size: number): void {
  v.setUint8(at + FLAGS, Flag.NEEDS_SUM);
  v.setUint8(at + CUT, KINDS[u.cut]!);
  v.setUint16(at + HEADERS, u.cut === Cut.NO ? 0 : size, true);
  v.setUint16(at + MSS, u.cut === Cut.NO ? 0 : u.mss, true);
  v.setUint16(at + SUM_FROM, u.sumFrom, true);
  v.setUint16(at + SUM_FIELD, u.sumField, true);
}

/**
 * Whether [at, end) is a header that we have agreed to, and a frame that it speaks of: VIRTIO 1.2 5.1.6.2. A kernel sends no
 * other; a program at the other end of a socket may. `datagrams`: whether we have agreed to those uncut.
 */
export function isSound(b: Uint8Array, at: number, end: number, datagrams: boolean): boolean {
  const size = end - at - HEADER;
  if (size <= 0) return false;
  const kind = b[at + CUT]! & ~ECN;
  const needsSum = (b[at + FLAGS]! & Flag.NEEDS_SUM) !== 0;
  if (needsSum && word(b, at + SUM_FROM) + word(b, at + SUM_FIELD) + 2 > size) return false;
  if (kind === Kind.NONE) return true;
  if (kind !== Kind.TCP4 && kind !== Kind.TCP6 && !(kind === Kind.UDP && datagrams)) return false;
  if (needsSum && word(b, at + SUM_FIELD) !== (kind === Kind.UDP ? UDP_SUM_FIELD : TCP_SUM_FIELD)) return false;
  return word(b, at + HEADERS) <= size && word(b, at + MSS) > 0;
}

/**
 * A guest with a tunnel (VXLAN, Geneve) leaves the sum of the packet within undone. That one is payload to us, and leaves as
 * it came: so it is made here. The sum of the outermost packet is what `trusted` speaks of, and is nobody's to make.
 */
export function completeInner(b: Uint8Array, at: number, end: number): void {
  if ((b[at + FLAGS]! & Flag.NEEDS_SUM) === 0 || b[at + CUT] !== Kind.NONE) return;
  const frame = at + HEADER;
  const from = word(b, at + SUM_FROM);
  if (from === outerTransport(b, frame)) return;
  const field = word(b, at + SUM_FIELD);
  const made = finish(sum(b, frame + from, end));
  const value = made === 0 && field === UDP_SUM_FIELD ? 0xffff : made; // RFC 768: a computed zero travels as all ones
  b[frame + from + field] = value >> 8;
  b[frame + from + field + 1] = value;
}

/** Where the transport header is that follows the outermost IP header; -1 when that is not so simple. */
function outerTransport(b: Uint8Array, frame: number): number {
  const type = (b[frame + ETHER_TYPE]! << 8) | b[frame + ETHER_TYPE + 1]!;
  if (type === IP4) return ETHER + (b[frame + ETHER]! & 15) * 4;
  return type === IP6 ? ETHER + 40 : -1;
}

/** Several datagrams behind one header, for us to cut. */
export function isTrain(b: Uint8Array, at: number): boolean {
  return (b[at + CUT]! & ~ECN) === Kind.UDP;
}

/** Bytes of a frame before its payload, as its sender says. */
export function headers(b: Uint8Array, at: number): number {
  return word(b, at + HEADERS);
}

/** Bytes of payload in each piece. */
export function mss(b: Uint8Array, at: number): number {
  return word(b, at + MSS);
}

function word(b: Uint8Array, at: number): number {
  return b[at]! | (b[at + 1]! << 8);
}

/** The frame never left this machine: its checksum is not complete, or was looked at already. */
export function isTrusted(b: Uint8Array, at: number): boolean {
  return (b[at + FLAGS]! & (Flag.NEEDS_SUM | Flag.SUM_IS_GOOD)) !== 0;
}
