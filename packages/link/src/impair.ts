// A bad cable, in both directions: loss, duplication, corruption, delay, jitter, reordering.
//
// Time and chance are handed in, so that a simulation repeats itself. Frames are copied, and wait in memory of the cable:
//
// Outgoing   bounded. At the bound reserve() says -1, so that nothing is lost that was not meant to be.
// Incoming   bounded as well, but nobody can be told: what comes beyond is lost, and counted.
// The end    comes after the last frame, from either side: close() lets what is under way arrive, then closes the inner link.
// Offload    none is offered, for whole frames are needed. Frames of a trusted inner link stay trusted, their checksums may
//            not be there at all; a corrupted one does not, for nobody else would notice.
import { Handlers } from './handlers.ts';
import { type Link, NO_OFFLOAD, type Offload } from './link.ts';
import { type UnderWay, Way } from './way.ts';

/** Probabilities are of [0, 1], per frame and direction. Times in milliseconds, one way. */
export interface Impairment {
  readonly loss?: number;
  readonly duplicate?: number;
  /** One bit of the frame is turned over. */
  readonly corrupt?: number;
  readonly delay?: number;
  /** Each frame waits up to this much longer, without regard to the ones before it: so it may overtake them. */
  readonly jitter?: number;
  /** The frame overtakes all that are under way. Without a delay there are none, but those of the same turn. */
  readonly reorder?: number;
  /** Frames under way in one direction: 10,000. */
  readonly limit?: number;
  /** [0, 1) */
  random(): number;
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls `run` once, `ms` from now: later, never from within. */
  schedule(ms: number, run: () => void): void;
}

/** Frames, both directions together. Duplicates count as passed, too. */
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

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;

class Impaired extends Handlers implements Link {
  readonly counters: ImpairmentCounters = { passed: 0, lost: 0, duplicated: 0, corrupted: 0, reordered: 0 };
  readonly offload: Offload = NO_OFFLOAD;
  readonly mtu: number;
  /** One frame: commit() copies it. */
  readonly slab: Uint8Array;
  readonly #inner: Link;
  readonly #out: Way;
  readonly #in: Way;
  #starved: boolean = false;
  #closed: boolean = false;
  #innerClosed: boolean = false;
  /** How the inner link ended; undefined while it has not, and again when it was told. */
  #ended: Error | null | undefined = undefined;

  constructor(inner: Link, options: Impairment) {
    super();
    this.#inner = inner;
    this.mtu = inner.mtu;
    this.slab = new Uint8Array(inner.mtu + HEADERS);
    const { counters } = this;
    this.#out = new Way(options, counters, { arrive: (f) => this.#send(f), rest: () => this.#sent() });
    this.#in = new Way(options, counters, { arrive: (f) => this.#deliver(f), rest: () => this.#tellEnd() });
    inner.onFrame((b, at, end, trusted) => {
      this.#in.enter(b.slice(at, end), trusted);
      this.#in.run(); // without a delay, at once
    });
    inner.onRoom(() => this.#out.run());
    inner.onEnd((error) => {
      this.#ended = error;
      this.#tellEnd();
    });
  }

  reserve(size: number): number {
    if (this.#closed || size > this.slab.length) return -1;
    this.#starved ||= this.#out.full;
    return this.#out.full ? -1 : 0;
  }

  commit(size: number, lent: Uint8Array | null = null, from: number = 0, to: number = 0): void {
    const frame = new Uint8Array(size + (lent === null ? 0 : to - from));
    frame.set(this.slab.subarray(0, size));
    if (lent !== null) frame.set(lent.subarray(from, to), size);
    this.#out.enter(frame, false);
  }

  flush(): void {
    this.#out.run();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#out.run();
  }

  #send({ frame }: UnderWay): boolean {
    const at = this.#inner.reserve(frame.length);
    if (at < 0) return false; // onRoom() tries again
    this.#inner.slab.set(frame, at);
    this.#inner.commit(frame.length);
    return true;
  }

  #sent(): void {
    this.#inner.flush();
    if (this.#closed && !this.#innerClosed && this.#out.empty) {
      this.#innerClosed = true;
      this.#inner.close();
    }
    if (!this.#starved || this.#closed || this.#out.full) return;
    this.#starved = false;
    this.room();
  }

  #deliver({ frame, trusted }: UnderWay): boolean {
    if (!this.#closed) this.frame(frame, 0, frame.length, trusted);
    return true;
  }

  #tellEnd(): void {
    if (this.#ended === undefined || this.#closed || !this.#in.empty) return;
    const error = this.#ended;
    this.#ended = undefined;
    this.end(error);
  }
}
