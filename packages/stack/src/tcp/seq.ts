// Sequence numbers live on a circle (RFC 9293 3.4). The brand keeps them away from lengths,
// and from `<`, which is wrong half of the time.
declare const brand: unique symbol;
export type Seq = number & { readonly [brand]: 'Seq' };

export function seq(n: number): Seq {
  return (n | 0) as Seq;
}

export function add(a: Seq, n: number): Seq {
  return ((a + n) | 0) as Seq;
}

/** Signed distance from `b` to `a`: positive when `a` is later. */
export function distance(a: Seq, b: Seq): number {
  return (a - b) | 0;
}

export function before(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) < 0;
}

export function after(a: Seq, b: Seq): boolean {
  return ((a - b) | 0) > 0;
}

/** `from` <= x < `from` + size */
export function within(x: Seq, from: Seq, size: number): boolean {
  return (x - from) >>> 0 < size;
}
