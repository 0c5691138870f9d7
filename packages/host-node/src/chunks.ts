// Memory for bytes between the stack, which only lends them, and the kernel, which may take its time.
//
// Chunks have two sizes, so that a keystroke does not hold 64 KiB. What one socket may hold depends on what is left:
// a quarter of it (dynamic queue length thresholds, Choudhury and Hahne 1998). A few stalled peers may hold much, a
// thousand hold little each, and there is always room for one more. Beyond all that every socket may hold one small
// chunk, so that nobody ever waits for a stranger: the memory is bounded by the capacity and 4 KiB per socket.

export const SMALL: number = 4 * 1024;
export const LARGE: number = 64 * 1024;
const CAPACITY = 64 * 1024 * 1024;
/** How often the unused half goes back to the collector, until nothing is left. */
const SHRINK_INTERVAL = 1_000;

export class Chunk {
  readonly bytes: Buffer;
  used: number = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }
}

export class ChunkPool {
  /** Bytes handed out. */
  held: number = 0;
  readonly #capacity: number;
  readonly #small: Chunk[] = [];
  readonly #large: Chunk[] = [];
  #shrinking: NodeJS.Timeout | undefined;

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  /** Bytes in unused chunks. */
  get spare(): number {
    return this.#small.length * SMALL + this.#large.length * LARGE;
  }

  /**
   * A chunk for a holder of `held` bytes, who wants to put `wanted` more and may hold `limit`; null when he must wait
   * for his own to come back. Who holds nothing is never refused.
   */
  take(wanted: number, held: number, limit: number): Chunk | null {
    const allowed = Math.min(limit, Math.max(0, this.#capacity - this.held) / 4) - held;
    if (wanted > SMALL && allowed >= LARGE) return this.#hand(this.#large, LARGE);
    if (allowed >= SMALL || held === 0) return this.#hand(this.#small, SMALL);
    return null;
  }

  give(chunk: Chunk): void {
    const size = chunk.bytes.length;
    this.held -= size;
    chunk.used = 0;
    (size === LARGE ? this.#large : this.#small).push(chunk);
    this.#shrinking ??= setTimeout(this.#shrink, SHRINK_INTERVAL).unref();
  }

  #hand(free: Chunk[], size: number): Chunk {
    this.held += size;
    return free.pop() ?? new Chunk(size);
  }

  readonly #shrink = (): void => {
    this.#small.length >>= 1;
    this.#large.length >>= 1;
    this.#shrinking = this.spare > 0 ? setTimeout(this.#shrink, SHRINK_INTERVAL).unref() : undefined;
  };
}
