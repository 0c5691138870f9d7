// Who is due first: a binary min-heap over small integers (flow indices), one deadline each.
//
// A deadline that moves later costs nothing: the owner leaves the earlier one in place, is woken early, and arms again.
// That happens on every ACK, and is far cheaper than moving an entry per packet.

export class Agenda {
  readonly #at: Float64Array;
  /** Heap of indices, and where each index stands in it (-1: not armed). */
  readonly #heap: Int32Array;
  readonly #place: Int32Array;
  #size = 0;

  /** For indices 0 … capacity - 1. */
  constructor(capacity: number) {
    this.#at = new Float64Array(capacity);
    this.#heap = new Int32Array(capacity);
    this.#place = new Int32Array(capacity).fill(-1);
  }

  /** Wakes `index` at `at` at the latest. An earlier time that is already set stays. */
  arm(index: number, at: number): void {
    const place = this.#place[index]!;
    if (place >= 0) {
      if (this.#at[index]! <= at) return;
      this.#at[index] = at;
      this.#up(place);
    } else if (at !== Infinity) {
      this.#at[index] = at;
      this.#set(this.#size, index);
      this.#up(this.#size++);
    }
  }

  disarm(index: number): void {
    const place = this.#place[index]!;
    if (place < 0) return;
    this.#place[index] = -1;
    const last = this.#heap[--this.#size]!;
    if (last === index) return;
    this.#set(place, last);
    this.#up(place);
    this.#down(this.#place[last]!);
  }

  /** The earliest deadline; Infinity when nothing is armed. */
  next(): number {
    return this.#size === 0 ? Infinity : this.#at[this.#heap[0]!]!;
  }

  /** Takes one index that is due, disarmed; -1 when nothing is. */
  take(now: number): number {
    if (this.next() > now) return -1;
    const index = this.#heap[0]!;
    this.disarm(index);
    return index;
  }

  #set(place: number, index: number): void {
    this.#heap[place] = index;
    this.#place[index] = place;
  }

  #up(place: number): void {
    const index = this.#heap[place]!;
    const at = this.#at[index]!;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent]!;
      if (this.#at[above]! <= at) break;
      this.#set(place, above);
      place = parent;
    }
    this.#set(place, index);
  }

  #down(place: number): void {
    const index = this.#heap[place]!;
    const at = this.#at[index]!;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#at[this.#heap[child + 1]!]! < this.#at[this.#heap[child]!]!) child++;
      const below = this.#heap[child]!;
      if (this.#at[below]! >= at) break;
      this.#set(place, below);
      place = child;
    }
    this.#set(place, index);
  }
}
