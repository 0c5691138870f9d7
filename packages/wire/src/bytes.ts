// Big-endian reads and writes. The only file of the package that says `!` after an index:
// everywhere else a bound has been proved by a check().

export function u8(b: Uint8Array, at: number): number {
  return b[at]!;
}

export function u16(b: Uint8Array, at: number): number {
  return (b[at]! << 8) | b[at + 1]!;
}

/** Signed on purpose: addresses and sequence numbers are compared and hashed as int32. */
export function i32(b: Uint8Array, at: number): number {
  return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
}

export function put8(b: Uint8Array, at: number, v: number): void {
  b[at] = v;
}

export function put16(b: Uint8Array, at: number, v: number): void {
  b[at] = v >>> 8;
  b[at + 1] = v;
}

export function put32(b: Uint8Array, at: number, v: number): void {
  b[at] = v >>> 24;
  b[at + 1] = v >>> 16;
  b[at + 2] = v >>> 8;
  b[at + 3] = v;
}
