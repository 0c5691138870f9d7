// What is moved to and fro: random bytes, no two blocks the same, so that one lost, doubled or misplaced shows in the hash.
import { createHash, randomBytes } from 'node:crypto';

const BLOCK = 1_000_000;

export class Payload {
  readonly size: number;
  /** SHA-256, in hexadecimal. */
  readonly hash: string;
  readonly #block: Buffer = randomBytes(BLOCK);

  /** `size`: bytes, a multiple of a million. */
  constructor(size: number) {
    this.size = size;
    const hash = createHash('sha256');
    for (const block of this.blocks()) hash.update(block);
    this.hash = hash.digest('hex');
  }

  /** One after the other, each lent until the next is asked for. */
  *blocks(): Generator<Buffer> {
    for (let i = 0; i < this.size / BLOCK; i++) {
      this.#block.writeUInt32BE(i, 0);
      yield this.#block;
    }
  }
}
