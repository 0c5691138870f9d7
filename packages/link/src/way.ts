// One direction of a bad cable: the frames under way, in the order of their arrival.
import type { Impairment, ImpairmentCounters } from './impair.ts';

export interface UnderWay {
  readonly frame: Uint8Array;
  readonly at: number;
  readonly trusted: boolean;
}

export interface Destination {
  /** False: not now. run() tries again. */
  arrive(frame: UnderWay): boolean;
  /** At the end of each run(): nothing more arrives now. */
  rest(): void;
}

export class Way {
  readonly #options: Impairment;
  readonly #counters: ImpairmentCounters;
  readonly #destination: Destination;
  readonly #limit: number;
  readonly #queue: UnderWay[] = [];
  /** When run() is next called by the clock. */
  #wakeAt: number = Infinity;
  #running: boolean = false;

  constructor(options: Impairment, counters: ImpairmentCounters, destination: Destination) {
    this.#options = options;
    this.#counters = counters;
    this.#destination = destination;
    this.#limit = options.limit ?? 10_000;
  }

  get full(): boolean {
    return this.#queue.length >= this.#limit;
  }

  get empty(): boolean {
    return this.#queue.length === 0;
  }

  /** Takes `frame`, which nobody else has. Nothing arrives from within. */
  enter(frame: Uint8Array, trusted: boolean): void {
    const { loss = 0, duplicate = 0, corrupt = 0 } = this.#options;
    if (this.full || this.#happens(loss)) {
      this.#counters.lost++;
      return;
    }
    const corrupted = this.#happens(corrupt);
    if (corrupted) this.#corrupt(frame);
    this.#queueUp(frame, trusted && !corrupted);
    if (this.#happens(duplicate)) {
      this.#counters.duplicated++;
      this.#queueUp(frame, trusted && !corrupted);
    }
    this.#wake();
  }

  /** Lets arrive what is due. */
  run(): void {
    if (this.#running) return; // what has come meanwhile is seen below
    this.#running = true;
    const refused = this.#arrivals();
    this.#running = false;
    this.#destination.rest();
    if (!refused) this.#wake(); // else whoever refused calls
  }

  #arrivals(): boolean {
    const now = this.#options.now();
    while (this.#queue.length > 0 && this.#queue[0]!.at <= now) {
      const first = this.#queue.shift()!;
      if (!this.#destination.arrive(first)) {
        this.#queue.unshift(first);
        return true;
      }
      this.#counters.passed++;
    }
    return false;
  }

  #queueUp(frame: Uint8Array, trusted: boolean): void {
    const { delay: fixed = 0, jitter = 0, reorder = 0, now, random } = this.#options;
    if (this.#happens(reorder)) {
      this.#counters.reordered++;
      this.#queue.unshift({ frame, trusted, at: now() });
      return;
    }
    const at = now() + fixed + (jitter > 0 ? jitter * random() : 0);
    let place = this.#queue.length;
    while (place > 0 && this.#queue[place - 1]!.at > at) place--;
    this.#queue.splice(place, 0, { frame, trusted, at });
  }

  /** Asks the clock, unless it was asked for that or for something earlier. What it was asked for in vain does nothing. */
  #wake(): void {
    const due = this.#queue[0]?.at ?? Infinity;
    if (due >= this.#wakeAt) return;
    this.#wakeAt = due;
    this.#options.schedule(Math.max(0, due - this.#options.now()), () => {
      if (due !== this.#wakeAt) return;
      this.#wakeAt = Infinity;
      this.run();
    });
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#options.random() < probability;
  }

  #corrupt(frame: Uint8Array): void {
    this.#counters.corrupted++;
    const bit = Math.floor(this.#options.random() * frame.length * 8);
    frame[bit >> 3]! ^= 1 << (bit & 7);
  }
}
