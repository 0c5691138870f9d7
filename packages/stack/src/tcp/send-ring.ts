// Bytes from the host that the guest has not acknowledged, from SND.UNA on. The host socket is read straight into it, and
// segments are lent straight from it: a span never crosses the end of the memory, so a segment there is merely shorter.
import type { Memory } from './memory.ts';
import { SMALLEST } from './memory.ts';

const NOTHING = new Uint8Array(0);

export class SendRing {
  readonly #memory: Memory;
  bytes: Uint8Array = NOTHING;
  /** Where SND.UNA lies in `bytes`. */
  #head = 0;
  /** What the flow has grown to: kept while the ring is empty and owns no memory. */
  #size: number = SMALLEST;
  /** Bytes held. */
  length = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get capacity(): number {
    return this.bytes.length;
  }

  get room(): number {
    return this.bytes.length - this.length;
  }

  /** Offset in `bytes` of the byte `offset` bytes after SND.UNA. */
  at(offset: number): number {
    return (this.#head + offset) & (this.bytes.length - 1);
  }

  /** How many of the bytes held from `offset` on lie in one piece. */
  contiguous(offset: number): number {
    return Math.min(this.length - offset, this.bytes.length - this.at(offset));
  }

  /** How many bytes can be written in one piece at at(length). */
  writable(): number {
    return Math.min(this.room, this.bytes.length - this.at(this.length));
  }

  wrote(n: number): void {
    this.length += n;
  }

  /** The guest has acknowledged `n` bytes. */
  drop(n: number): void {
    this.#head = this.at(n);
    this.length -= n;
    if (this.length === 0) this.release();
  }

  /** Takes memory when it has none: as much as it had grown to, or the least when the budget does not allow that. */
  open(): void {
    if (this.bytes.length > 0) return;
    this.bytes = this.#memory.take(this.#memory.allows(this.#size) ? this.#size : SMALLEST);
  }

  /** Twice the size, what it holds included. False when that is more than `most`, or than the budget allows. */
  grow(most: number): boolean {
    const size = this.bytes.length * 2;
    if (size > most || !this.#memory.allows(size)) return false;
    const larger = this.#memory.take(size);
    const first = this.contiguous(0);
    larger.set(this.bytes.subarray(this.#head, this.#head + first));
    larger.set(this.bytes.subarray(0, this.length - first), first);
    this.#memory.give(this.bytes);
    this.bytes = larger;
    this.#head = 0;
    this.#size = size;
    return true;
  }

  /** Gives the memory back, and whatever is in it. */
  release(): void {
    if (this.bytes.length > 0) this.#memory.give(this.bytes);
    this.bytes = NOTHING;
    this.#head = 0;
    this.length = 0;
  }
}
