// The memory of all rings of a stack: blocks of powers of two, lent to flows while they hold bytes and taken back when
// they are empty, so that an idle flow owns none. The budget caps what all flows together may hold.

/** What a ring starts with, and can always have. Bytes, a power of two. */
export const SMALLEST: number = 1 << 16;

/** Of the blocks that came back, this many bytes are kept for the next flow. */
const KEEP = 32 << 20;

export class Memory {
  readonly #budget: number;
  readonly #free: Uint8Array[][] = [];
  #lent = 0;
  #kept = 0;

  /** `budget`: bytes beyond which only the smallest blocks are lent. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Bytes that flows hold now. */
  get lent(): number {
    return this.#lent;
  }

  /** Whether a block of `size` bytes can be had. */
  allows(size: number): boolean {
    return size <= SMALLEST || this.#lent + size <= this.#budget;
  }

  /** A block of `size` bytes, a power of two from SMALLEST up. Its contents are whatever was there. */
  take(size: number): Uint8Array {
    this.#lent += size;
    const block = this.#free[Math.log2(size)]?.pop();
    if (block === undefined) return new Uint8Array(size);
    this.#kept -= size;
    return block;
  }

  give(block: Uint8Array): void {
    this.#lent -= block.length;
    if (this.#kept + block.length > KEEP) return;
    this.#kept += block.length;
    const order = Math.log2(block.length);
    this.#free[order] ??= [];
    this.#free[order].push(block);
  }
}
