// Sees what a stack sends, frame by frame, as it is committed.
import { type FrameHandler, type Link, NO_OFFLOAD, type Offload } from '@reslirp/link';

/** The link as it is, without offload: whole frames are to be seen. `saw` may keep what it is given. */
export class Tap implements Link {
  readonly offload: Offload = NO_OFFLOAD;
  readonly mtu: number;
  readonly #inner: Link;
  readonly #saw: (frame: Uint8Array) => void;
  #at: number = 0;

  constructor(inner: Link, saw: (frame: Uint8Array) => void) {
    this.#inner = inner;
    this.#saw = saw;
    this.mtu = inner.mtu;
  }

  get slab(): Uint8Array {
    return this.#inner.slab;
  }

  reserve(size: number): number {
    this.#at = this.#inner.reserve(size);
    return this.#at;
  }

  commit(size: number, lent: Uint8Array | null = null, from: number = 0, to: number = 0): void {
    const frame = new Uint8Array(size + (lent === null ? 0 : to - from));
    frame.set(this.slab.subarray(this.#at, this.#at + size));
    if (lent !== null) frame.set(lent.subarray(from, to), size);
    this.#saw(frame);
    this.#inner.commit(size, lent, from, to);
  }

  flush(): void {
    this.#inner.flush();
  }

  onFrame(handler: FrameHandler): void {
    this.#inner.onFrame(handler);
  }

  onRoom(handler: () => void): void {
    this.#inner.onRoom(handler);
  }

  onEnd(handler: (error: Error | null) => void): void {
    this.#inner.onEnd(handler);
  }

  close(): void {
    this.#inner.close();
  }
}
