// The guest's link, with its traffic counted: whoever sends a frame sends it through here.
import type { Link, Unfinished } from '@reslirp/link';

export class Cable {
  frames: number = 0;
  bytes: number = 0;
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  get slab(): Uint8Array {
    return this.#link.slab;
  }

  /** As Link.reserve(). */
  reserve(size: number): number {
    return this.#link.reserve(size);
  }

  /** As Link.commit(). */
  commit(size: number, lent: Uint8Array | null, from: number, to: number, unfinished: Unfinished | null): void {
    this.#link.commit(size, lent, from, to, unfinished);
    this.frames++;
    this.bytes += size + to - from;
  }
}
