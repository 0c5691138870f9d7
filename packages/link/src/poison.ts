// Finds who keeps what was only lent: every frame is overwritten as soon as its handler has returned.
import type { Link } from './link.ts';
import { Wrapper } from './wrapper.ts';

const POISON = 0xdb;

/** For tests. Frames are given in memory of our own, so that the inner link's is not touched. */
export function poison(link: Link): Link {
  return new Poison(link);
}

class Poison extends Wrapper {
  #copy: Uint8Array = new Uint8Array(0);

  protected override received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
    if (this.#copy.length < end - at) this.#copy = new Uint8Array(end - at);
    const copy = this.#copy;
    copy.set(b.subarray(at, end));
    super.received(copy, 0, end - at, trusted);
    copy.fill(POISON, 0, end - at);
  }
}
