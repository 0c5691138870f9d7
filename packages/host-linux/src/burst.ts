// Datagrams of one turn that go from one socket to one place, and are of one size: the kernel takes them as one, and cuts them
// where they are received (UDP_SEGMENT). A guest that sends a file by QUIC sends just such.
import { Endpoint } from '@reslirp/stack/endpoint';
import { Region } from '@reslirp/syscall';

/** UDP_MAX_SEGMENTS of the kernel, and what one IP packet holds. */
const MOST = 64;
const ROOM = 65_000;

export interface BurstSocket {
  /** `count` datagrams of `size` bytes, the last perhaps shorter, at `address`. */
  depart(to: Endpoint, hops: number, tos: number, address: number, length: number, size: number): void;
}

export class Burst {
  readonly #region: Region = new Region(ROOM);
  readonly #to: Endpoint = new Endpoint();
  #socket: BurstSocket | null = null;
  #hops: number = 0;
  #tos: number = 0;
  /** Of the first datagram. */
  #size: number = 0;
  #count: number = 0;
  #length: number = 0;

  /** Keeps a copy until flush(). False when it is too large for that. */
  add(socket: BurstSocket, to: Endpoint, hops: number, tos: number, b: Uint8Array, at: number, end: number): boolean {
    const size = end - at;
    if (!this.#continues(socket, to, hops, tos, size)) this.flush(); // in order
    if (size === 0 || size > ROOM) return false;
    if (this.#count === 0) {
      this.#socket = socket;
      this.#to.set(to);
      this.#hops = hops;
      this.#tos = tos;
      this.#size = size;
    }
    this.#region.bytes.set(at === 0 && end === b.length ? b : b.subarray(at, end), this.#length);
    this.#length += size;
    this.#count++;
    if (size < this.#size || this.#count === MOST) this.flush();
    return true;
  }

  /** The end of the turn. */
  flush(): void {
    const socket = this.#socket;
    if (socket === null) return;
    const length = this.#length;
    this.#socket = null;
    this.#count = 0;
    this.#length = 0;
    socket.depart(this.#to, this.#hops, this.#tos, this.#region.address, length, this.#size);
  }

  /** `socket` goes: what it has sent leaves. */
  leave(socket: BurstSocket): void {
    if (this.#socket === socket) this.flush();
  }

  #continues(socket: BurstSocket, to: Endpoint, hops: number, tos: number, size: number): boolean {
    if (this.#socket !== socket || size === 0 || size > this.#size || this.#length + size > ROOM) return false;
    return to.port === this.#to.port && to.sameAddress(this.#to) && hops === this.#hops && tos === this.#tos;
  }
}
