// Finds who uses memory that is not his. A frame that came is overwritten as soon as its handler has returned, a frame that
// leaves as soon as it is committed; each reservation lies in another slab than the one before, which is dirty.
import type { Link, Unfinished } from './link.ts';
import { Wrapper } from './wrapper.ts';

const POISON = 0xdb;
/** Reservations never begin at 0: who forgets the offset is found out. */
const START = 6;

/** For tests. Frames are given in memory of our own, so that the inner link's is not touched. */
export function poison(link: Link): Link {
  return new Poison(link);
}

class Poison extends Wrapper {
  #copy: Uint8Array = new Uint8Array(0);
  #slab: Uint8Array = new Uint8Array(0);
  #spare: Uint8Array = new Uint8Array(0);

  override get slab(): Uint8Array {
    return this.#slab;
  }

  override reserve(size: number): number {
    if (super.reserve(size) < 0) return -1;
    const next = this.#spare.length < START + size ? new Uint8Array(START + size) : this.#spare;
    this.#spare = this.#slab.fill(POISON);
    this.#slab = next.fill(POISON);
    return START;
  }

  override commit(
    size: number,
    lent: Uint8Array | null = null,
    from: number = 0,
    to: number = 0,
    unfinished: Unfinished | null = null,
  ): void {
    this.inner.slab.set(this.#slab.subarray(START, START + size), this.reserved);
    super.commit(size, lent, from, to, unfinished);
    this.#slab.fill(POISON);
  }

  protected override received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
    if (this.#copy.length < end - at) this.#copy = new Uint8Array(end - at);
    const copy = this.#copy;
    copy.set(b.subarray(at, end));
    super.received(copy, 0, end - at, trusted);
    copy.fill(POISON, 0, end - at);
  }
}
