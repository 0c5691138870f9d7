// Messages on a byte stream, RFC 1035 4.2.2: each after its length in two bytes, cut anywhere.
const PREFIX = 2;

/** A whole message, lent. False: no more for now. */
export type Deliver = (b: Uint8Array, at: number, end: number) => boolean;

export class MessageReader {
  readonly #header: Uint8Array = new Uint8Array(PREFIX);
  #headerSize: number = 0;
  /** Null: its length is not known yet. */
  #message: Uint8Array | null = null;
  #size: number = 0;

  /** Takes bytes of [at, end) up to the end, or to behind the message at which `deliver` said no. Returns how many. */
  push(b: Uint8Array, at: number, end: number, deliver: Deliver): number {
    let p = at;
    while (p < end) {
      if (this.#message === null) {
        this.#header[this.#headerSize++] = b[p++]!;
        if (this.#headerSize < PREFIX) continue;
        this.#message = new Uint8Array((this.#header[0]! << 8) | this.#header[1]!);
        this.#size = 0;
      }
      const message = this.#message;
      const n = Math.min(end - p, message.length - this.#size);
      message.set(b.subarray(p, p + n), this.#size);
      this.#size += n;
      p += n;
      if (this.#size < message.length) continue;
      this.#message = null;
      this.#headerSize = 0;
      if (!deliver(message, 0, message.length)) break;
    }
    return p - at;
  }
}

/** A copy of `message` behind its length. */
export function framed(message: Uint8Array): Uint8Array {
  const b = new Uint8Array(PREFIX + message.length);
  b[0] = message.length >>> 8;
  b[1] = message.length;
  b.set(message, PREFIX);
  return b;
}

/** Chunks that wait to be taken, in order. */
export class Outbox {
  readonly #chunks: Uint8Array[] = [];
  #from: number = 0;
  size: number = 0;

  put(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.size += chunk.length;
  }

  /** Offers chunks to `take`, which returns how many bytes of [at, end) it took, until it takes no more. Returns the sum. */
  offer(take: (b: Uint8Array, at: number, end: number) => number): number {
    let sum = 0;
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const took = take(chunk, this.#from, chunk.length);
      sum += took;
      this.#from += took;
      if (this.#from < chunk.length) break;
      this.#chunks.shift();
      this.#from = 0;
    }
    this.size -= sum;
    return sum;
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#from = 0;
    this.size = 0;
  }
}
