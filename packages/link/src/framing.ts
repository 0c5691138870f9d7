// Frames on a byte stream: a length, then that many bytes, and nothing between.
//
//   vde_plug, reSLIRP, dpipe   2 bytes, big-endian
//   QEMU -netdev stream        4 bytes, big-endian
//   gvproxy, vpnkit            2 bytes, little-endian
//
// A stream that has lost a byte never finds back by itself. What gives it away is a length longer than any frame: of the
// lengths that a stream out of step shows, nearly all are. A short one tells nothing, and is no reason to end a cable:
// any guest may send a frame without a whole header, and whoever gets it will drop and count it.

export interface Framing {
  /** Bytes of the length field. */
  readonly width: 2 | 4;
  readonly littleEndian: boolean;
}

export const BIG_2: Framing = { width: 2, littleEndian: false };
export const BIG_4: Framing = { width: 4, littleEndian: false };
export const LITTLE_2: Framing = { width: 2, littleEndian: true };
export const LITTLE_4: Framing = { width: 4, littleEndian: true };

/** The longest frame that vde_plug reads or sends: an MTU of 9216, Ethernet header, VLAN tag. */
export const VDE_FRAME = 9_234;

/** The longest frame that the length field can say, bytes. */
export function longestFrame(framing: Framing): number {
  return framing.width === 2 ? 0xffff : 0xffff_ffff;
}

export function writeLength(framing: Framing, b: Uint8Array, at: number, length: number): void {
  for (let i = 0; i < framing.width; i++) {
    const place = framing.littleEndian ? i : framing.width - 1 - i;
    b[at + i] = length >>> (place * 8);
  }
}

function readLength(framing: Framing, b: Uint8Array, at: number): number {
  let length = 0;
  for (let i = 0; i < framing.width; i++) {
    const place = framing.littleEndian ? framing.width - 1 - i : i;
    length = length * 256 + b[at + place]!;
  }
  return length;
}

/** Takes a stream apart. Chunks may end anywhere; only a frame that lies in several is copied. */
export class Deframer {
  readonly #framing: Framing;
  readonly #most: number;
  readonly #frame: (b: Uint8Array, at: number, end: number) => void;
  /** A frame, length field included, of which the end has not come. */
  readonly #carry: Uint8Array;
  #held: number = 0;
  /** Stream position of the next length field. */
  #position: number = 0;
  #fault: string | null = null;

  /** `most`: bytes of the longest frame. `frame` gets each one, lent for the call. */
  constructor(framing: Framing, most: number, frame: (b: Uint8Array, at: number, end: number) => void) {
    this.#framing = framing;
    this.#most = most;
    this.#frame = frame;
    this.#carry = new Uint8Array(framing.width + most);
  }

  /** Why nothing is understood any more, in one line; null while all is well. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Bytes of a frame that is not complete: at the end of a stream there should be none. */
  get held(): number {
    return this.#held;
  }

  /** The next bytes of the stream. False when it is out of step: then nothing is delivered any more. */
  push(b: Uint8Array, at: number, end: number): boolean {
    const { width } = this.#framing;
    while (at < end && this.#fault === null) {
      const body = at + width;
      const length = this.#held === 0 && body <= end ? readLength(this.#framing, b, at) : -1;
      if (length >= 0 && !this.#possible(length)) break;
      if (length >= 0 && body + length <= end) {
        at = body + length;
        this.#deliver(b, body, at);
      } else {
        at = this.#collect(b, at, end);
      }
    }
    return this.#fault === null;
  }

  /** Keeps what there is of the next length field, or of the frame after it. */
  #collect(b: Uint8Array, at: number, end: number): number {
    const { width } = this.#framing;
    at = this.#take(b, at, end, width);
    if (this.#held < width) return at;
    const length = readLength(this.#framing, this.#carry, 0);
    if (!this.#possible(length)) return at;
    at = this.#take(b, at, end, width + length);
    if (this.#held < width + length) return at;
    this.#held = 0;
    this.#deliver(this.#carry, width, width + length);
    return at;
  }

  #take(b: Uint8Array, at: number, end: number, wanted: number): number {
    const n = Math.min(wanted - this.#held, end - at);
    if (n <= 0) return at;
    this.#carry.set(b.subarray(at, at + n), this.#held);
    this.#held += n;
    return at + n;
  }

  #possible(length: number): boolean {
    if (length <= this.#most) return true;
    this.#fault = `out of step: a length of ${length} at byte ${this.#position}, where no frame is longer than ${this.#most}`;
    return false;
  }

  /** A length of 0 is no frame, and no fault: vde_plug skips it too. */
  #deliver(b: Uint8Array, at: number, end: number): void {
    this.#position += this.#framing.width + end - at;
    if (at < end) this.#frame(b, at, end);
  }
}
