// A link over any stream of bytes: frames with their lengths, joined into one write per turn.
//
// Two slabs take turns: while one is on its way, the other fills. A slab that is full before the turn ends leaves early.
// When both are full, reserve() says so, and the stack waits; nothing grows. Reading never waits for writing, so that two
// ends that are both full cannot block each other.
// The transport moves the bytes: it is given write(), and calls received(), written() and ended().
import { BIG_2, Deframer, type Framing, longestFrame, writeLength } from './framing.ts';
import { Handlers } from './handlers.ts';
import { type Link, NO_OFFLOAD, type Offload } from './link.ts';
import { Slabs } from './slabs.ts';

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;
/** IEEE 802.3 3.2.8, without FCS. */
const LEAST_PADDED = 60;
/** Two of these are in the cache with everything else; a pipe holds half of one. */
const SLAB = 1 << 17;
const NOTHING = new Uint8Array(0);

export interface FramedLinkOptions {
  /** Largest IP packet that we send, bytes. */
  readonly mtu: number;
  /** Longest frame that is understood, bytes: one more is a stream out of step. mtu + 18. */
  readonly maxFrame?: number;
  /** 2 bytes, big-endian. */
  readonly framing?: Framing;
  /**
   * Pads frames with zeros to 60 bytes and to an even length: vde_plug loses frames when a read of its ends within a
   * length field, and reads an even number of bytes. False.
   */
  readonly pad?: boolean;
  /** Where slabs come from, when many links share them: its own. */
  readonly slabs?: Slabs;
  /**
   * Sends [0, end) of `b`. True when that is done already; else `b` is the transport's until it calls written(), and this is
   * not called again before. It may be called from within reserve(): written() and ended() come later, never from within.
   */
  write(b: Uint8Array, end: number): boolean;
  /** Nothing more will be sent: the transport may close its side once the last write is done. */
  finished?(): void;
}

export class FramedLink extends Handlers implements Link {
  readonly mtu: number;
  readonly offload: Offload = NO_OFFLOAD;
  /** Where reserve() puts frames: nowhere, while there is nothing to send. */
  slab: Uint8Array = NOTHING;
  readonly #slabs: Slabs;
  readonly #slabSize: number;
  readonly #options: FramedLinkOptions;
  readonly #framing: Framing;
  /** What the length field can say. */
  readonly #longest: number;
  readonly #deframer: Deframer;
  /** Frames that have come. */
  framesIn: number = 0;
  /** The slab that is on its way. */
  #leaving: Uint8Array = NOTHING;
  #used: number = 0;
  #writing: boolean = false;
  #starved: boolean = false;
  #closed: boolean = false;
  /** Nothing comes any more. What is written may still arrive: a stream ends one direction at a time. */
  #over: boolean = false;
  /** Nothing goes any more. */
  #broken: boolean = false;
  /** The transport has been told that it may close. */
  #finished: boolean = false;

  constructor(options: FramedLinkOptions) {
    super();
    const { mtu, framing = BIG_2, maxFrame = mtu + HEADERS } = options;
    this.mtu = mtu;
    this.#options = options;
    this.#framing = framing;
    this.#longest = longestFrame(framing);
    this.#slabs = options.slabs ?? new Slabs();
    this.#slabSize = Math.max(SLAB, 2 * (mtu + HEADERS + framing.width + 1));
    this.#deframer = new Deframer(framing, maxFrame, (b, at, end) => {
      this.framesIn++;
      if (!this.#over && !this.#closed) this.frame(b, at, end, false);
    });
  }

  reserve(size: number): number {
    if (this.#closed || this.#broken || size > this.#longest) return -1;
    if (!this.#fits(size)) this.flush(); // the other slab may be free
    if (this.slab === NOTHING) this.slab = this.#slabs.take(this.#slabSize);
    if (this.#fits(size)) return this.#used + this.#framing.width;
    this.#starved = true;
    return -1;
  }

  commit(size: number, lent: Uint8Array | null = null, from: number = 0, to: number = 0): void {
    const { slab } = this;
    const at = this.#used + this.#framing.width;
    if (lent !== null && from < to) slab.set(lent.subarray(from, to), at + size);
    const length = size + (lent === null ? 0 : to - from);
    const padded = this.#padded(length);
    if (padded > length) slab.fill(0, at + length, at + padded);
    writeLength(this.#framing, slab, this.#used, padded);
    this.#used = at + padded;
  }

  flush(): void {
    if (this.#used === 0) this.#giveBack(); // a reservation that was not committed
    if (this.#writing || this.#used === 0 || this.#broken) return;
    const { slab } = this;
    const end = this.#used;
    this.slab = NOTHING;
    this.#leaving = slab;
    this.#used = 0;
    this.#writing = true;
    if (this.#options.write(slab, end)) this.#written();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.flush();
    this.#finish();
  }

  /** For the transport: bytes have come, in pieces of any size. */
  received(b: Uint8Array, at: number, end: number): void {
    if (!this.#over && !this.#deframer.push(b, at, end)) this.#stop(new Error(`cable ${this.#deframer.fault}`));
  }

  /** For the transport: the last write is done. */
  written(): void {
    this.#written();
    this.flush();
    this.#finish();
    if (!this.#starved || this.#closed || this.#broken) return;
    this.#starved = false;
    this.room();
  }

  /** For the transport: no more bytes will come; with an error, none will go either. */
  ended(error: Error | null): void {
    this.#broken ||= error !== null;
    const { held } = this.#deframer;
    const cutOff = error === null && held > 0 && !this.#over;
    this.#stop(cutOff ? new Error(`cable cut off: it ended ${held} bytes into a frame`) : error);
    this.#finish();
  }

  /** For the transport: both directions are gone at once, as when a machine is switched off. In order, between two frames. */
  hungUp(): void {
    this.#broken = true;
    this.ended(null);
  }

  #giveBack(): void {
    this.#slabs.give(this.slab);
    this.slab = NOTHING;
  }

  #written(): void {
    this.#writing = false;
    this.#slabs.give(this.#leaving);
    this.#leaving = NOTHING;
  }

  #stop(error: Error | null): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#closed) this.end(error);
  }

  #finish(): void {
    const quiet = this.#broken || (!this.#writing && this.#used === 0);
    if (!this.#closed || this.#finished || !quiet) return;
    this.#finished = true;
    this.#options.finished?.();
  }

  #fits(size: number): boolean {
    return this.#used + this.#framing.width + this.#padded(size) <= this.#slabSize;
  }

  #padded(size: number): number {
    if (this.#options.pad !== true) return size;
    const padded = Math.max(LEAST_PADDED, size + (size & 1));
    return padded > this.#longest ? size : padded; // 65,535: beyond what vde_plug takes anyway
  }
}
