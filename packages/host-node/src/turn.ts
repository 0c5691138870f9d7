// One turn of the event loop, seen as one instant.
//
// Whatever happens between two ends of turn shares one `now`, and what it made to send leaves together at the end.
// That saves a clock read per packet, and gives the link and the sockets their batches for nothing.
// Nobody asked for the time: no turn, no work. An idle process never wakes up here.

export class Turn {
  readonly #clock: () => number;
  readonly #listeners: Set<(now: number) => void> = new Set();
  #at: number = 0;
  #running: boolean = false;

  /** `clock`: monotonic milliseconds. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** The instant of this turn. The first call begins the turn and schedules its end. Bound: may be passed around. */
  readonly now = (): number => {
    if (!this.#running) {
      this.#running = true;
      this.#at = this.#clock();
      setImmediate(this.#end);
    }
    return this.#at;
  };

  /** `listener` runs at the end of every turn, in the order of registration. Returns what takes it away again. */
  onEnd(listener: (now: number) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  readonly #end = (): void => {
    try {
      for (const listener of this.#listeners) listener(this.#at);
    } finally {
      this.#running = false;
    }
  };
}
