// The Internet checksum, RFC 1071. Sums are kept unfolded so that pieces
// (pseudo header, header, payload) can be added without ever being joined.
import { u8, u16 } from './bytes.ts';
import { createSimd } from './checksum-simd.ts';

/** From here on the detour over WebAssembly is cheaper (checksum.bench.ts). */
const LONG = 192;
const simd = /* @__PURE__ */ createSimd();

/**
 * Adds [at, end) to `acc`, an integer of at least 0. Every piece but the last must have an even length; where a piece begins in
 * memory does not matter. The sum stays exact up to 2^53, that is over more than 2^38 pieces of any length.
 */
export function sum(b: Uint8Array, at: number, end: number, acc: number = 0): number {
  return end - at >= LONG && simd !== null ? acc + simd(b, at, end) : sumPlain(b, at, end, acc);
}

/** The same in plain JavaScript: the faster one for headers, and the only one where there is no SIMD. */
export function sumPlain(b: Uint8Array, at: number, end: number, acc: number): number {
  for (const stop = end - 15; at < stop; at += 16) {
    acc +=
      u16(b, at) +
      u16(b, at + 2) +
      u16(b, at + 4) +
      u16(b, at + 6) +
      u16(b, at + 8) +
      u16(b, at + 10) +
      u16(b, at + 12) +
      u16(b, at + 14);
  }
  for (const stop = end - 1; at < stop; at += 2) acc += u16(b, at);
  return at < end ? acc + (u8(b, at) << 8) : acc;
}

/** RFC 768 and RFC 9293 3.1: source, destination (int32 each), protocol, length of the transport header and payload. */
export function pseudo4(src: number, dst: number, protocol: number, length: number): number {
  return (src >>> 16) + (src & 0xffff) + (dst >>> 16) + (dst & 0xffff) + protocol + length;
}

/** RFC 8200 8.1, likewise. The 32 bytes at `addresses` are source and destination, as they lie in the IPv6 header. */
export function pseudo6(b: Uint8Array, addresses: number, next: number, length: number): number {
  return sumPlain(b, addresses, addresses + 32, (length >>> 16) + (length & 0xffff) + next);
}

/** To 16 bits, carries added back. A whole packet with a right checksum folds to 0xffff. */
export function fold(acc: number): number {
  while (acc > 0xffff) acc = (acc & 0xffff) + Math.floor(acc / 0x10000);
  return acc;
}

/** The value for the checksum field. */
export function finish(acc: number): number {
  return ~fold(acc) & 0xffff;
}
