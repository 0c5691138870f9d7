// Two links joined by memory: what one end flushes, the other one gets.
import { Handlers } from './handlers.ts';
import { type Link, NO_OFFLOAD, type Offload, type Unfinished } from './link.ts';

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;

export interface PairOptions {
  /** 1500 */
  readonly mtu?: number;
  /** What either end offers: nothing. Frames then arrive as they are, longer than the MTU perhaps, and are trusted. */
  readonly offload?: Offload;
  /** Bytes under way in each direction before an end is full: 256 KiB, or two frames of the largest size. */
  readonly capacity?: number;
}

/** A cable with both ends in our hand. Frames arrive during flush(), in the order in which they were committed. */
export function pair(options: PairOptions = {}): [Link, Link] {
  const delivery = new Delivery();
  const a = new End(options, delivery);
  const b = new End(options, delivery);
  delivery.join(a, b);
  return [a, b];
}

/** Hands frames over until both ends are quiet, whoever asked: a handler that flushes does not nest. */
class Delivery {
  #ends: readonly End[] = [];
  #running: boolean = false;

  join(a: End, b: End): void {
    this.#ends = [a, b];
    a.peer = b;
    b.peer = a;
  }

  run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#ends.some((end) => end.deliver()));
    } finally {
      this.#running = false;
    }
  }
}

class End extends Handlers implements Link {
  readonly mtu: number;
  readonly offload: Offload;
  slab: Uint8Array;
  peer: End | null = null;
  readonly #delivery: Delivery;
  #spare: Uint8Array;
  /** End of each committed frame in the slab; one starts where the one before it ends. */
  #ends: number[] = [];
  #flushed: number = 0;
  #starved: boolean = false;
  #closed: boolean = false;
  #closeTold: boolean = false;

  constructor({ mtu = 1500, offload = NO_OFFLOAD, capacity = 1 << 18 }: PairOptions, delivery: Delivery) {
    super();
    this.mtu = mtu;
    this.offload = offload;
    this.#delivery = delivery;
    const size = Math.max(capacity, 2 * (Math.max(mtu, offload.segmentation + 120, offload.datagrams + 120) + HEADERS));
    this.slab = new Uint8Array(size);
    this.#spare = new Uint8Array(size);
  }

  reserve(size: number): number {
    const at = this.#ends.at(-1) ?? 0;
    if (!this.#closed && at + size <= this.slab.length) return at;
    this.#starved = true;
    return -1;
  }

  commit(size: number, lent: Uint8Array | null = null, from: number = 0, to: number = 0, _?: Unfinished | null): void {
    const at = this.#ends.at(-1) ?? 0;
    if (lent !== null) this.slab.set(lent.subarray(from, to), at + size);
    this.#ends.push(at + size + (lent === null ? 0 : to - from));
  }

  flush(): void {
    this.#flushed = this.#ends.length;
    this.#delivery.run();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.flush();
  }

  /** Gives the other end what was flushed. False when there was nothing to do. */
  deliver(): boolean {
    if (this.#flushed === 0) return this.#tellEnd();
    const { slab } = this;
    const ends = this.#ends;
    this.slab = this.#spare;
    this.#spare = slab;
    this.#ends = [];
    this.#keepUnflushed(slab, ends);
    const count = this.#flushed;
    this.#flushed = 0;
    for (let i = 0; i < count; i++) this.peer!.take(slab, i === 0 ? 0 : ends[i - 1]!, ends[i]!);
    if (this.#starved && !this.#closed) {
      this.#starved = false;
      this.room();
    }
    return true;
  }

  take(b: Uint8Array, at: number, end: number): void {
    if (!this.#closed) this.frame(b, at, end, this.offload.checksum);
  }

  /** Frames committed since the last flush go on in the other slab. */
  #keepUnflushed(slab: Uint8Array, ends: readonly number[]): void {
    const from = ends[this.#flushed - 1]!;
    const to = ends.at(-1)!;
    if (from === to) return;
    this.slab.set(slab.subarray(from, to));
    for (let i = this.#flushed; i < ends.length; i++) this.#ends.push(ends[i]! - from);
  }

  /** The end of this end, for the other one; after the last frame. */
  #tellEnd(): boolean {
    if (!this.#closed || this.#closeTold) return false;
    this.#closeTold = true;
    const peer = this.peer!;
    if (!peer.#closed) peer.end(null);
    return true;
  }
}
