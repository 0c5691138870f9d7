// Datagrams of one turn that have one sender, one receiver and one size: a link that cuts takes them in one frame. For the
// guest's kernel that is one packet until it is in the socket.
import { Endpoint } from '../endpoint.ts';

/** UDP_MAX_SEGMENTS of kernels before 6.9; later ones cut more. */
const MOST = 64;

/** Who sends it. Endpoints and bytes are lent for the call. */
export interface TrainOutput {
  /** Datagrams of `size` bytes, the last perhaps shorter, as one frame. False: it has to be done one by one. */
  train(from: Endpoint, to: Endpoint, hops: number, b: Uint8Array, end: number, size: number): boolean;
  /** A single one. */
  datagram(from: Endpoint, to: Endpoint, hops: number, b: Uint8Array, at: number, end: number, now: number): boolean;
}

export class Train {
  readonly #out: TrainOutput;
  readonly #b: Uint8Array;
  readonly #from: Endpoint = new Endpoint();
  readonly #to: Endpoint = new Endpoint();
  #hops: number = 0;
  /** Of the first datagram; none of the others is longer, and after a shorter one there is no other. */
  #size: number = 0;
  #end: number = 0;
  #count: number = 0;

  /** `room`: bytes of payload in one frame. */
  constructor(out: TrainOutput, room: number) {
    this.#out = out;
    this.#b = new Uint8Array(room);
  }

  /** Keeps a copy until flush(); whatever it does not join leaves before it. False when it is none for a train. */
  add(from: Endpoint, to: Endpoint, hops: number, b: Uint8Array, at: number, end: number, now: number): boolean {
    const size = end - at;
    if (!this.#continues(from, to, hops, size)) this.flush(now);
    if (size === 0 || size > this.#b.length) return false;
    if (this.#count === 0) this.#begin(from, to, hops, size);
    this.#b.set(b.subarray(at, end), this.#end);
    this.#end += size;
    this.#count++;
    if (size < this.#size || this.#count === MOST) this.flush(now);
    return true;
  }

  flush(now: number): void {
    const end = this.#end;
    const size = this.#size;
    if (this.#count > 1 && this.#out.train(this.#from, this.#to, this.#hops, this.#b, end, size)) this.#end = 0;
    for (let at = 0; at < this.#end; at += size) {
      this.#out.datagram(this.#from, this.#to, this.#hops, this.#b, at, Math.min(end, at + size), now);
    }
    this.#end = 0;
    this.#count = 0;
  }

  #begin(from: Endpoint, to: Endpoint, hops: number, size: number): void {
    this.#from.set(from);
    this.#to.set(to);
    this.#hops = hops;
    this.#size = size;
  }

  #continues(from: Endpoint, to: Endpoint, hops: number, size: number): boolean {
    if (this.#count === 0) return true;
    if (size === 0 || size > this.#size || this.#end + size > this.#b.length || hops !== this.#hops) return false;
    return to.equals(this.#to) && from.equals(this.#from);
  }
}
