// Bytes from the guest that the host has not taken: in order, up to RCV.NXT, because its socket is full; and beyond
// RCV.NXT, because something before them is missing. Most segments never come here: they go to the host from the frame.
//
// Offsets count from the first byte that the host has not taken. [0, ready) is in order; the ranges beyond are sorted
// and apart from each other. Where two segments bring the same byte, the later one is kept (they are equal, or forged).
import type { TcpSocket } from '../host.ts';
import type { Memory } from './memory.ts';
import { SMALLEST } from './memory.ts';

const NOTHING = new Uint8Array(0);

/**
 * Holes that are remembered: a tenth lost of a window of 8 MiB. A segment that would need one more is not kept: the guest sends
 * it again. There is room for a few to begin with.
 */
export const MAX_RANGES: number = 1 << 10;
const FIRST_RANGES = 1 << 4;

export class ReceiveRing {
  readonly #memory: Memory;
  #bytes: Uint8Array = NOTHING;
  #head = 0;
  /** Bytes in order, waiting for the host. */
  ready = 0;
  /** Start and end of each range beyond `ready`; allocated with the first hole. */
  #ranges: Int32Array | null = null;
  #count = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Nothing waits, in order or not. */
  get empty(): boolean {
    return this.ready === 0 && this.#count === 0;
  }

  /** Number of ranges beyond what is in order. */
  get ranges(): number {
    return this.#count;
  }

  /** Start (`edge` 0) or end (1) of range `i`. */
  range(i: number, edge: 0 | 1): number {
    return this.#ranges![i * 2 + edge]!;
  }

  /** All of [from, to) is here, beyond what is in order. */
  holds(from: number, to: number): boolean {
    for (let i = this.#count - 1; i >= 0; i--) if (this.range(i, 0) <= from) return this.range(i, 1) >= to;
    return false;
  }

  /**
   * Keeps [at, end) of `b` at `offset`. Returns by how many bytes `ready` grew: 0 while something before is missing,
   * -1 when the bytes were not kept because there is no memory or no range for them.
   */
  store(offset: number, b: Uint8Array, at: number, end: number): number {
    const until = offset + end - at;
    if (!this.#grow(until) || !this.#note(offset, until)) return -1;
    const to = (this.#head + offset) & (this.#bytes.length - 1);
    const first = Math.min(end - at, this.#bytes.length - to);
    this.#bytes.set(b.subarray(at, at + first), to);
    if (at + first < end) this.#bytes.set(b.subarray(at + first, end), 0);
    return this.#join();
  }

  /** Writes bytes in order to the host until it takes no more; returns how many went. */
  drain(to: Pick<TcpSocket, 'write'>): number {
    let went = 0;
    while (this.ready > 0) {
      const n = Math.min(this.ready, this.#bytes.length - this.#head);
      const took = to.write(this.#bytes, this.#head, this.#head + n);
      this.#advance(took);
      went += took;
      if (took < n) break;
    }
    if (this.empty) this.release();
    return went;
  }

  release(): void {
    if (this.#bytes.length > 0) this.#memory.give(this.#bytes);
    this.#bytes = NOTHING;
    this.#head = 0;
    this.ready = 0;
    this.#count = 0;
  }

  /** `n` bytes went to the host without having been here, while nothing was ready. Returns as store() does. */
  skip(n: number): number {
    if (this.#count === 0) return 0;
    this.ready = n;
    this.#advance(n);
    return this.#join();
  }

  #advance(n: number): void {
    this.#head = this.#bytes.length === 0 ? 0 : (this.#head + n) & (this.#bytes.length - 1);
    this.ready -= n;
    for (let i = 0; i < this.#count * 2; i++) this.#ranges![i]! -= n;
  }

  #grow(size: number): boolean {
    if (size <= this.#bytes.length) return true;
    const wanted = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(size)));
    if (!this.#memory.allows(wanted)) return false;
    const larger = this.#memory.take(wanted);
    const first = this.#bytes.length - this.#head; // holes are copied too: cheaper than going by ranges
    larger.set(this.#bytes.subarray(this.#head));
    larger.set(this.#bytes.subarray(0, this.#head), first);
    if (this.#bytes.length > 0) this.#memory.give(this.#bytes);
    this.#bytes = larger;
    this.#head = 0;
    return true;
  }

  /** Merges [from, to) into the ranges. False when that takes one more than there is room for. */
  #note(from: number, to: number): boolean {
    let r = this.#ranges ?? this.#moreRanges(new Int32Array(FIRST_RANGES));
    let last = this.#count; // most come near the end
    while (last > 0 && r[last * 2 - 2]! > to) last--;
    let first = last;
    for (; first > 0 && r[first * 2 - 1]! >= from; first--) {
      from = Math.min(from, r[first * 2 - 2]!);
      to = Math.max(to, r[first * 2 - 1]!);
    }
    if (first === last && this.#count === MAX_RANGES) return false;
    if (this.#count * 2 === r.length) r = this.#moreRanges(r);
    r.copyWithin((first + 1) * 2, last * 2, this.#count * 2);
    this.#count += 1 - (last - first);
    r[first * 2] = from;
    r[first * 2 + 1] = to;
    return true;
  }

  #moreRanges(had: Int32Array): Int32Array {
    const more = new Int32Array(had.length * 2);
    more.set(had);
    this.#ranges = more;
    return more;
  }

  /** Takes the ranges that touch `ready` into it; returns by how many bytes it grew. */
  #join(): number {
    const r = this.#ranges!;
    const was = this.ready;
    while (this.#count > 0 && r[0]! <= this.ready) {
      this.ready = Math.max(this.ready, r[1]!);
      r.copyWithin(0, 2, this.#count * 2);
      this.#count--;
    }
    return this.ready - was;
  }
}
