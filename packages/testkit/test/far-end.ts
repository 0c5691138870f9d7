// The far side of the host contract in an imagined machine: a peer that does what a case tells it to, behind buffers.
import { Endpoint } from '@reslirp/stack/endpoint';
import { END } from '@reslirp/stack/host';
import type { FarTcp } from '@reslirp/stack/host-contract';
import type { Line, Program } from '../src/index.ts';

/** What the network holds each way, bytes. */
const BUFFER = 1 << 18;
/** Milliseconds on the way. */
const WAY = 1;

/** Bytes in the order in which they came. */
class Queue {
  size: number = 0;
  #chunks: Uint8Array[] = [];

  push(b: Uint8Array): void {
    if (b.length === 0) return;
    this.#chunks.push(b);
    this.size += b.length;
  }

  /** Moves as much as there is to [at, end). */
  shift(into: Uint8Array, at: number, end: number): number {
    let to = at;
    while (to < end && this.#chunks.length > 0) {
      const [first] = this.#chunks as [Uint8Array];
      const n = Math.min(end - to, first.length);
      into.set(first.subarray(0, n), to);
      if (n === first.length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(n);
      to += n;
    }
    this.size -= to - at;
    return to - at;
  }

  clear(): void {
    this.#chunks = [];
    this.size = 0;
  }
}

export class FarEnd implements Program, FarTcp {
  /** Nobody: the near end has no name here. */
  readonly peer: Endpoint = new Endpoint();
  lost: boolean = false;
  readonly #down: Queue = new Queue();
  readonly #up: Queue = new Queue();
  #line: Line | null = null;
  #take: ((b: Uint8Array, at: number, end: number) => void) | null = null;
  #ends: boolean = false;
  #finished: boolean = false;
  #full: boolean = false;

  get unsent(): number {
    return Math.max(0, this.#down.size - BUFFER);
  }

  get ended(): boolean {
    return this.#finished && this.#up.size === 0;
  }

  read(take: (b: Uint8Array, at: number, end: number) => void): void {
    this.#take = take;
    this.#drain();
  }

  write(b: Uint8Array): void {
    this.#down.push(b.slice());
    this.#tell();
  }

  end(): void {
    this.#ends = true;
    this.#tell();
  }

  reset(): void {
    this.#line?.later(WAY, () => {
      this.#down.clear();
      this.#line?.reset();
    });
  }

  opened(line: Line): void {
    this.#line = line;
    if (this.#down.size > 0 || this.#ends) this.#tell();
  }

  give(into: Uint8Array, at: number, end: number): number {
    const n = this.#down.shift(into, at, end);
    return n > 0 || !this.#ends ? n : END;
  }

  take(b: Uint8Array, at: number, end: number): number {
    const n = Math.min(end - at, BUFFER - this.#up.size);
    this.#up.push(b.slice(at, at + n));
    this.#full = n < end - at;
    this.#line?.later(WAY, () => this.#drain());
    return n;
  }

  finished(): void {
    this.#finished = true;
  }

  /** What was written before close() still arrives. */
  gone(how: 'closed' | 'aborted'): void {
    this.#finished ||= how === 'closed';
    this.lost ||= how === 'aborted';
    if (!this.lost) this.#drain();
  }

  #tell(): void {
    this.#line?.later(WAY, () => this.#line?.readable());
  }

  #drain(): void {
    if (this.#take === null) return;
    const b = new Uint8Array(this.#up.size);
    this.#up.shift(b, 0, b.length);
    this.#take(b, 0, b.length);
    if (!this.#full) return;
    this.#full = false;
    this.#line?.later(WAY, () => this.#line?.writable());
  }
}
