// A file in blocks, counted from 1; the first one that is not full is the last (RFC 1350 6). Blocks are read again for each
// repetition, so a transfer holds no bytes of its file.
import type { OpenFile } from './files.ts';

/** The file has become shorter than it was, or cannot be read any more. */
export const BROKEN = -1;

export interface Blocks {
  /** Bytes in all, where that is known before the end. */
  readonly size: number | null;
  /** Writes block `n` to `into` at `at`, where there is room for it. Returns its size, or BROKEN. */
  read(n: number, into: Uint8Array, at: number): number;
  /** Blocks before `n` are not asked for again. */
  release(n: number): void;
}

/** As it is. What is appended to the file meanwhile is no part of it. */
export class OctetBlocks implements Blocks {
  readonly size: number;
  readonly #file: OpenFile;
  readonly #blockSize: number;

  constructor(file: OpenFile, blockSize: number) {
    this.#file = file;
    this.#blockSize = blockSize;
    this.size = file.size;
  }

  read(n: number, into: Uint8Array, at: number): number {
    const from = (n - 1) * this.#blockSize;
    const size = Math.max(0, Math.min(this.#blockSize, this.size - from));
    return this.#file.read(into, at, at + size, from) === size ? size : BROKEN;
  }

  release(): void {}
}

const LF = 10;
const CR = 13;
const NUL = 0;
const NONE = -1;

/** Where a block begins: `position` in the file, and what is left of the line end before, or NONE. */
interface Mark {
  n: number;
  position: number;
  left: number;
}

/**
 * As netascii (RFC 764, of which RFC 1350 1 takes the line ends): LF becomes CR LF, and CR becomes CR NUL, in whatever block their
 * halves end up. How many bytes that makes is known at the end only.
 */
export class NetasciiBlocks implements Blocks {
  readonly size: null = null;
  readonly #file: OpenFile;
  readonly #blockSize: number;
  readonly #raw: Uint8Array;
  /** Blocks that are translated once more on the way to those behind them. */
  readonly #passed: Uint8Array;
  readonly #base: Mark = { n: 1, position: 0, left: NONE };
  readonly #next: Mark = { n: 1, position: 0, left: NONE };

  constructor(file: OpenFile, blockSize: number) {
    this.#file = file;
    this.#blockSize = blockSize;
    this.#raw = new Uint8Array(blockSize);
    this.#passed = new Uint8Array(blockSize);
  }

  read(n: number, into: Uint8Array, at: number): number {
    if (n < this.#next.n) Object.assign(this.#next, this.#base);
    let size = 0;
    while (this.#next.n <= n && size !== BROKEN) size = this.#translate(into, at);
    return size;
  }

  release(n: number): void {
    if (n < this.#next.n) Object.assign(this.#next, this.#base);
    while (this.#next.n < n) if (this.#translate(this.#passed, 0) === BROKEN) return;
    Object.assign(this.#base, this.#next);
  }

  /** The next block, for which at most as many bytes of the file are needed as it has itself. */
  #translate(into: Uint8Array, at: number): number {
    const mark = this.#next;
    const end = at + this.#blockSize;
    const raw = Math.min(this.#blockSize, this.#file.size - mark.position);
    if (this.#file.read(this.#raw, 0, raw, mark.position) !== raw) return BROKEN;
    let p = at;
    let used = 0;
    while (p < end && (mark.left !== NONE || used < raw)) {
      if (mark.left !== NONE) {
        into[p++] = mark.left;
        mark.left = NONE;
        continue;
      }
      const c = this.#raw[used++] ?? 0;
      if (c === LF || c === CR) mark.left = c === LF ? LF : NUL;
      into[p++] = c === LF ? CR : c;
    }
    mark.position += used;
    mark.n++;
    return p - at;
  }
}
