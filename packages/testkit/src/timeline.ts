// Virtual time: what is to happen, in the order of its time, and of its planning where the times are equal.

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Timeline {
  /** Milliseconds. */
  now: number = 0;
  readonly #heap: Planned[] = [];
  #order: number = 0;

  /** Calls `run` once, `ms` from now; never at once. */
  readonly schedule = (ms: number, run: () => void): void => {
    this.#heap.push({ at: this.now + Math.max(0, ms), order: this.#order++, run });
    this.#up(this.#heap.length - 1);
  };

  /** Lets `ms` pass. `step` follows on everything that happens. Stops earlier when `done` says so. */
  pass(ms: number, step: () => void, done: () => boolean = () => false): void {
    const until = this.now + ms;
    while (!done()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > until) {
        this.now = until;
        return;
      }
      this.#pop();
      this.now = next.at;
      next.run();
      step();
    }
  }

  #pop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down();
  }

  #up(i: number): void {
    for (let parent = (i - 1) >> 1; i > 0 && this.#before(i, parent); parent = (i - 1) >> 1) {
      this.#swap(i, parent);
      i = parent;
    }
  }

  #down(): void {
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.#heap.length && this.#before(child, least)) least = child;
      }
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }

  #before(a: number, b: number): boolean {
    const x = this.#heap[a]!;
    const y = this.#heap[b]!;
    return x.at < y.at || (x.at === y.at && x.order < y.order);
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = kept;
  }
}
