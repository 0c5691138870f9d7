// A link around a link, which passes everything on as it is. What a subclass wants to see or to change, it overrides.
// Nothing is copied: a reservation is the inner link's, and so is the slab.
import type { FrameHandler, Link, Offload, Unfinished } from './link.ts';

export abstract class Wrapper implements Link {
  protected readonly inner: Link;
  /** Where the last reservation lies in the slab. */
  protected reserved: number = 0;
  protected frame: FrameHandler = () => {};

  constructor(inner: Link) {
    this.inner = inner;
    inner.onFrame((b, at, end, trusted) => this.received(b, at, end, trusted));
  }

  get mtu(): number {
    return this.inner.mtu;
  }

  get offload(): Offload {
    return this.inner.offload;
  }

  get slab(): Uint8Array {
    return this.inner.slab;
  }

  reserve(size: number): number {
    this.reserved = this.inner.reserve(size);
    return this.reserved;
  }

  commit(
    size: number,
    lent: Uint8Array | null = null,
    from: number = 0,
    to: number = 0,
    unfinished: Unfinished | null = null,
  ): void {
    this.inner.commit(size, lent, from, to, unfinished);
  }

  flush(): void {
    this.inner.flush();
  }

  onFrame(handler: FrameHandler): void {
    this.frame = handler;
  }

  onRoom(handler: () => void): void {
    this.inner.onRoom(handler);
  }

  onEnd(handler: (error: Error | null) => void): void {
    this.inner.onEnd(handler);
  }

  close(): void {
    this.inner.close();
  }

  /** A frame has come. */
  protected received(b: Uint8Array, at: number, end: number, trusted: boolean): void {
    this.frame(b, at, end, trusted);
  }
}
