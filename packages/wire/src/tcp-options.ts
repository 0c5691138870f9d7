// TCP options: RFC 9293 3.2 (MSS), RFC 7323 (window scale, timestamps), RFC 2018 (SACK).
import { i32, put8, put16, put32, u8, u16 } from './bytes.ts';
import { HEADER, headerLength } from './tcp.ts';

export const Kind = { END: 0, NOP: 1, MSS: 2, WINDOW_SCALE: 3, SACK_PERMITTED: 4, SACK: 5, TIMESTAMPS: 8 } as const;

/** Bytes that the emitters below take, padding included: each is a multiple of 4. */
export const Size = { MSS: 4, WINDOW_SCALE: 4, SACK_PERMITTED: 4, TIMESTAMPS: 12 } as const;

/** RFC 7323 2.3 */
export const MAX_WINDOW_SCALE = 14;

/** One object, owned and reused by the reader's caller. */
export interface TcpOptions {
  /** -1 when absent. */
  mss: number;
  /** -1 when absent; at most 14. */
  windowScale: number;
  sackPermitted: boolean;
  timestamps: boolean;
  tsVal: number;
  tsEcr: number;
  /** Number of SACK ranges, at most 4. */
  sackRanges: number;
  /** Left and right edges, two per range. */
  readonly sack: Int32Array;
}

export function blank(): TcpOptions {
  return {
    mss: -1,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    tsVal: 0,
    tsEcr: 0,
    sackRanges: 0,
    sack: new Int32Array(8),
  };
}

/**
 * Reads the options of the segment at `at`, which check() has passed, into `out`.
 * Reading stops at the first option that does not fit; what came before it counts. An option of a wrong length is skipped.
 */
export function read(b: Uint8Array, at: number, out: TcpOptions): void {
  out.mss = -1;
  out.windowScale = -1;
  out.sackPermitted = false;
  out.timestamps = false;
  out.sackRanges = 0;
  const end = at + headerLength(b, at);
  at += HEADER;
  if (end - at === Size.TIMESTAMPS && i32(b, at) === 0x0101080a) {
    timestampsAt(b, at + 2, out); // every segment of an open connection has this shape (RFC 7323 appendix A)
    return;
  }
  while (at < end) {
    const kind = u8(b, at);
    if (kind === Kind.END) return;
    if (kind === Kind.NOP) {
      at++;
      continue;
    }
    if (at + 1 >= end) return;
    const size = u8(b, at + 1);
    if (size < 2 || at + size > end) return;
    one(b, at, kind, size, out);
    at += size;
  }
}

function one(b: Uint8Array, at: number, kind: number, size: number, out: TcpOptions): void {
  if (kind === Kind.MSS && size === 4) out.mss = u16(b, at + 2);
  else if (kind === Kind.WINDOW_SCALE && size === 3) out.windowScale = Math.min(u8(b, at + 2), MAX_WINDOW_SCALE);
  else if (kind === Kind.SACK_PERMITTED && size === 2) out.sackPermitted = true;
  else if (kind === Kind.TIMESTAMPS && size === 10) timestampsAt(b, at, out);
  else if (kind === Kind.SACK && size % 8 === 2) {
    out.sackRanges = Math.min((size - 2) / 8, out.sack.length / 2);
    for (let i = 0; i < out.sackRanges * 2; i++) out.sack[i] = i32(b, at + 2 + i * 4);
  }
}

function timestampsAt(b: Uint8Array, at: number, out: TcpOptions): void {
  out.timestamps = true;
  out.tsVal = i32(b, at + 2);
  out.tsEcr = i32(b, at + 6);
}

/** Each emitter returns where the next one begins. */
export function emitMss(b: Uint8Array, at: number, mss: number): number {
  put8(b, at, Kind.MSS);
  put8(b, at + 1, 4);
  put16(b, at + 2, mss);
  return at + Size.MSS;
}

export function emitWindowScale(b: Uint8Array, at: number, shift: number): number {
  put8(b, at, Kind.NOP);
  put8(b, at + 1, Kind.WINDOW_SCALE);
  put8(b, at + 2, 3);
  put8(b, at + 3, shift);
  return at + Size.WINDOW_SCALE;
}

export function emitSackPermitted(b: Uint8Array, at: number): number {
  put8(b, at, Kind.NOP);
  put8(b, at + 1, Kind.NOP);
  put8(b, at + 2, Kind.SACK_PERMITTED);
  put8(b, at + 3, 2);
  return at + Size.SACK_PERMITTED;
}

export function emitTimestamps(b: Uint8Array, at: number, tsVal: number, tsEcr: number): number {
  put32(b, at, 0x0101080a); // NOP NOP kind length, RFC 7323 appendix A
  put32(b, at + 4, tsVal);
  put32(b, at + 8, tsEcr);
  return at + Size.TIMESTAMPS;
}

/** `ranges` pairs of edges from `edges`, after two NOPs. */
export function emitSack(b: Uint8Array, at: number, edges: Int32Array, ranges: number): number {
  put8(b, at, Kind.NOP);
  put8(b, at + 1, Kind.NOP);
  put8(b, at + 2, Kind.SACK);
  put8(b, at + 3, 2 + ranges * 8);
  for (let i = 0; i < ranges * 2; i++) put32(b, at + 4 + i * 4, edges[i] ?? 0);
  return at + 4 + ranges * 8;
}
