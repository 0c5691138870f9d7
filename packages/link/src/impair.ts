// A bad cable, in both directions: loss, duplication, corruption, delay, jitter, and with jitter reordering.
//
// Time and chance are handed in, so that a simulation repeats itself. What is under way is bounded; beyond that frames
// are lost, as in a router. To its user such a cable is never full: whoever sends too much loses.
import { type FrameHandler, type Link, NO_OFFLOAD, type Offload } from './link.ts';

/** Probabilities are of [0, 1], per frame and direction. Times in milliseconds, one way. */
export interface Impairment {
  readonly loss?: number;
  readonly duplicate?: number;
  /** One bit of the frame is turned over. */
  readonly corrupt?: number;
  readonly delay?: number;
  /** Each frame waits up to this much longer, without regard to the ones before it: so it may overtake them. */
  readonly jitter?: number;
  /** The frame is sent ahead of its turn, without delay. */
  readonly reorder?: number;
  /** Frames under way in one direction, beyond which they are lost: 10,000. */
  readonly limit?: number;
  /** [0, 1) */
  random(): number;
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls `run` once, `ms` from now. */
  schedule(ms: number, run: () => void): void;
}

/** Frames, both directions together. */
export interface ImpairmentCounters {
  passed: number;
  lost: number;
  duplicated: number;
  corrupted: number;
  reordered: number;
}

/** The link behind a bad cable, and what happened on it so far. */
export function impair(link: Link, options: Impairment): Link & { readonly counters: Readonly<ImpairmentCounters> } {
  return new Impaired(link, options);
}

/** Nothing but delay, the same for every frame. */
export function delay(link: Link, ms: number, time: Pick<Impairment, 'now' | 'schedule'>): Link {
  return new Impaired(link, { ...time, delay: ms, random: () => 0.5 });
}

const HEADERS = 18;

class Impaired implements Link {
  readonly counters: ImpairmentCounters = { passed: 0, lost: 0, duplicated: 0, corrupted: 0, reordered: 0 };
  /** Whole frames are delayed: there is nothing to leave undone. */
  readonly offload: Offload = NO_OFFLOAD;
  readonly mtu: number;
  readonly slab: Uint8Array;
  readonly #inner: Link;
  readonly #out: Way;
  readonly #in: Way;
  #frame: FrameHandler = () => {};
  #closed: boolean = false;

  constructor(inner: Link, options: Impairment) {
    this.#inner = inner;
    this.mtu = inner.mtu;
    this.slab = new Uint8Array(inner.mtu + HEADERS);
    this.#out = new Way(
      options,
      this.counters,
      (f) => this.#send(f),
      () => inner.flush(),
    );
    this.#in = new Way(
      options,
      this.counters,
      (f) => this.#deliver(f),
      () => {},
    );
    inner.onFrame((b, at, end) => this.#in.enter(b.slice(at, end)));
    inner.onRoom(() => this.#out.run());
  }

  reserve(size: number): number {
    return this.#closed || size > this.slab.length ? -1 : 0;
  }

  commit(size: number, lent: Uint8Array | null = null, from: number = 0, to: number = 0): void {
    const length = size + (lent === null ? 0 : to - from);
    const frame = new Uint8Array(length);
    frame.set(this.slab.subarray(0, size));
    if (lent !== null) frame.set(lent.subarray(from, to), size);
    this.#out.enter(frame);
  }

  flush(): void {
    this.#out.run();
  }

  onFrame(handler: FrameHandler): void {
    this.#frame = handler;
  }

  /** Never full. */
  onRoom(): void {}

  onEnd(handler: (error: Error | null) => void): void {
    this.#inner.onEnd(handler);
  }

  /** What is under way is lost. */
  close(): void {
    this.#closed = true;
    this.#inner.close();
  }

  #send(frame: Uint8Array): boolean {
    const at = this.#inner.reserve(frame.length);
    if (at < 0) return this.#closed; // onRoom() tries again
    this.#inner.slab.set(frame, at);
    this.#inner.commit(frame.length);
    return true;
  }

  #deliver(frame: Uint8Array): boolean {
    if (!this.#closed) this.#frame(frame, 0, frame.length, false);
    return true;
  }
}

interface UnderWay {
  readonly frame: Uint8Array;
  readonly at: number;
}

/** One direction: frames in the order of their arrival times. */
class Way {
  readonly #options: Impairment;
  readonly #counters: ImpairmentCounters;
  /** False: not now. */
  readonly #arrive: (frame: Uint8Array) => boolean;
  readonly #arrived: () => void;
  readonly #queue: UnderWay[] = [];
  #wakeAt: number = Infinity;

  constructor(
    options: Impairment,
    counters: ImpairmentCounters,
    arrive: (frame: Uint8Array) => boolean,
    arrived: () => void,
  ) {
    this.#options = options;
    this.#counters = counters;
    this.#arrive = arrive;
    this.#arrived = arrived;
  }

  enter(frame: Uint8Array): void {
    const { loss = 0, duplicate = 0, corrupt = 0, limit = 10_000 } = this.#options;
    if (this.#happens(loss) || this.#queue.length >= limit) {
      this.#counters.lost++;
      return;
    }
    if (this.#happens(corrupt)) this.#corrupt(frame);
    this.#queueUp(frame);
    if (this.#happens(duplicate)) {
      this.#counters.duplicated++;
      this.#queueUp(frame);
    }
    this.#wake();
  }

  /** Lets arrive what is due. */
  run(): void {
    const now = this.#options.now();
    let any = false;
    while (this.#queue.length > 0 && this.#queue[0]!.at <= now && this.#arrive(this.#queue[0]!.frame)) {
      this.#queue.shift();
      this.#counters.passed++;
      any = true;
    }
    if (any) this.#arrived();
    this.#wake();
  }

  #queueUp(frame: Uint8Array): void {
    const { delay: fixed = 0, jitter = 0, reorder = 0, now, random } = this.#options;
    const early = this.#happens(reorder);
    if (early) this.#counters.reordered++;
    const at = now() + (early ? 0 : fixed + (jitter > 0 ? jitter * random() : 0));
    let place = this.#queue.length;
    while (place > 0 && this.#queue[place - 1]!.at > at) place--;
    this.#queue.splice(place, 0, { frame, at });
  }

  #wake(): void {
    const first = this.#queue[0];
    if (first === undefined || first.at >= this.#wakeAt) return;
    this.#wakeAt = first.at;
    this.#options.schedule(Math.max(0, first.at - this.#options.now()), () => {
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
