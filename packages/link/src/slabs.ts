// The memory that frames leave from, lent to links while they have something to send: of many guests most are silent, and a
// silent link owns nothing.

/** Of the slabs that come back, so many are kept for the next link. */
const KEEP = 16;

export class Slabs {
  readonly #free: Uint8Array[] = [];

  /** One of `size` bytes at least. Its contents are whatever was there. */
  take(size: number): Uint8Array {
    const last = this.#free.at(-1);
    if (last === undefined || last.length < size) return new Uint8Array(size);
    this.#free.pop();
    return last;
  }

  give(slab: Uint8Array): void {
    if (slab.length > 0 && this.#free.length < KEEP) this.#free.push(slab);
  }
}
