// A link over anything that keeps messages apart: WebSockets, datagrams. One message, one frame, and no length before it.
//
// As with framed links two slabs take turns: one is on its way while the other fills. When both are full, reserve() says so.
// The transport moves the frames: it is given write(), and calls received(), written() and ended().
import { Handlers } from './handlers.ts';
import { type Link, NO_OFFLOAD, type Offload } from './link.ts';
import { Slabs } from './slabs.ts';

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;
/** Two of these are all that waits for a slow reader. */
const SLAB = 1 << 17;
const NOTHING = new Uint8Array(0);
/** Shorter frames than this fill the table of ends before the slab, bytes. */
const SHORT = 64;

export interface MessageLinkOptions {
  /** Largest IP packet that we send, bytes. */
  readonly mtu: number;
  /** What one write is at most, bytes: 128 KiB, and never less than two frames. Two of them are all that waits. */
  readonly batch?: number;
  /** Where slabs come from, when many links share them: its own. */
  readonly slabs?: Slabs;
  /** Longest frame that is taken, bytes: mtu + 18. A longer message is dropped, and counted. */
  readonly maxFrame?: number;
  /**
   * Sends `count` messages: the first is [0, ends[0]) of `b`, the next begins where it ends. True when that is done already;
   * else `b` and `ends` are the transport's until it calls written(), and this is not called again before.
   * It may be called from within reserve(): written() and ended() come later, never from within.
   */
  write(b: Uint8Array, ends: Int32Array, count: number): boolean;
  /** Nothing more will be sent: the transport may close its side once the last write is done. */
  finished?(): void;
}

/** Frames that lie in one slab, one behind the other. */
class Batch {
  /** Nothing, while there is no frame. */
  slab: Uint8Array = NOTHING;
  readonly ends: Int32Array;
  count: number = 0;

  constructor(size: number) {
    this.ends = new Int32Array(Math.floor(size / SHORT));
  }

  get used(): number {
    return this.count === 0 ? 0 : this.ends[this.count - 1]!;
  }
}

export class MessageLink extends Handlers implements Link {
  readonly mtu: number;
  readonly offload: Offload = NO_OFFLOAD;
  readonly #options: MessageLinkOptions;
  readonly #maxFrame: number;
  readonly #slabs: Slabs;
  readonly #slabSize: number;
  #filling: Batch;
  #spare: Batch;
  #writing: boolean = false;
  #starved: boolean = false;
  #closed: boolean = false;
  #over: boolean = false;
  #finished: boolean = false;
  #tooLong: number = 0;

  constructor(options: MessageLinkOptions) {
    super();
    this.mtu = options.mtu;
    this.#options = options;
    this.#maxFrame = options.maxFrame ?? options.mtu + HEADERS;
    const size = Math.max(options.batch ?? SLAB, 2 * (options.mtu + HEADERS));
    this.#slabs = options.slabs ?? new Slabs();
    this.#slabSize = size;
    this.#filling = new Batch(size);
    this.#spare = new Batch(size);
  }

  get slab(): Uint8Array {
    return this.#filling.slab;
  }

  /** Messages that were longer than any frame, and were dropped. */
  get tooLong(): number {
    return this.#tooLong;
  }

  reserve(size: number): number {
    if (this.#closed || this.#over) return -1;
    if (!this.#fits(size)) this.flush(); // the other slab may be free
    if (this.#filling.slab === NOTHING) this.#filling.slab = this.#slabs.take(this.#slabSize);
    if (this.#fits(size)) return this.#filling.used;
    this.#starved = true;
    return -1;
  }

  commit(size: number, lent: Uint8Array | null = null, from: number = 0, to: number = 0): void {
    const batch = this.#filling;
    const at = batch.used + size;
    const tail = lent === null ? 0 : to - from;
    if (lent !== null && tail > 0) batch.slab.set(lent.subarray(from, to), at);
    batch.ends[batch.count++] = at + tail;
  }

  flush(): void {
    const batch = this.#filling;
    const { count } = batch;
    if (count === 0) this.#giveBack(batch); // a reservation that was not committed
    if (this.#writing || this.#over || count === 0) return;
    this.#filling = this.#spare;
    this.#spare = batch;
    this.#filling.count = 0;
    this.#writing = true;
    if (this.#options.write(batch.slab, batch.ends, count)) this.#written();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.flush();
    this.#finish();
  }

  /** For the transport: a message has come. An empty one is no frame, and no fault. */
  received(b: Uint8Array, at: number, end: number): void {
    if (this.#closed || this.#over || at === end) return;
    if (end - at > this.#maxFrame) this.#tooLong++;
    else this.frame(b, at, end, false);
  }

  /** For the transport: the last write is done. */
  written(): void {
    this.#written();
    this.flush();
    this.#finish();
    if (!this.#starved || this.#closed || this.#over) return;
    this.#starved = false;
    this.room();
  }

  /** For the transport: nothing comes or goes any more. */
  ended(error: Error | null): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#closed) this.end(error);
    this.#finish();
  }

  #written(): void {
    this.#writing = false;
    this.#giveBack(this.#spare);
  }

  #giveBack(batch: Batch): void {
    this.#slabs.give(batch.slab);
    batch.slab = NOTHING;
  }

  #finish(): void {
    const quiet = this.#over || (!this.#writing && this.#filling.count === 0);
    if (!this.#closed || this.#finished || !quiet) return;
    this.#finished = true;
    this.#options.finished?.();
  }

  #fits(size: number): boolean {
    const batch = this.#filling;
    return batch.count < batch.ends.length && batch.used + size <= this.#slabSize;
  }
}
