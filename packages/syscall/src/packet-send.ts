// Many messages, which lie one behind the other in memory, in one call: sendmmsg(2). For sockets that are connected.
//
//   msghdr (56)   0 name*  8 namelen 4  16 iov*  24 iovlen 8  32 control*  40 controllen 8  48 flags 4
//   mmsghdr (64)  msghdr, 56 bytes sent 4
//   iovec (16)    0 base*  8 length 8
import { Message } from './constants.ts';
import { sendmmsg } from './libc.ts';
import { Region } from './memory.ts';

const HEADER = 64;
const VECTOR = 16;
const WORD = 2 ** 32;

/** One object, reused for every socket. */
export class PacketSend {
  readonly #most: number;
  readonly #memory: Region;

  /** `most`: messages in one call. */
  constructor(most: number) {
    this.#most = most;
    const m = new Region(most * (HEADER + VECTOR));
    for (let i = 0; i < most; i++) {
      m.pointer(i * HEADER + 16, m.address + most * HEADER + i * VECTOR);
      m.size(i * HEADER + 24, 1);
    }
    this.#memory = m;
  }

  /**
   * Sends messages `from` to `count`: the first of all is the ends[0] bytes at `address`, the next begins where it ends. Returns how
   * many have left, at most as many as one call takes; or minus an error, of the first.
   */
  send(fd: number, address: number, ends: Int32Array, from: number, count: number): number {
    const { view } = this.#memory;
    const n = Math.min(this.#most, count - from);
    let at = from === 0 ? 0 : ends[from - 1]!;
    for (let i = 0, vector = this.#most * HEADER; i < n; i++, vector += VECTOR) {
      const end = ends[from + i]!;
      const base = address + at;
      // Two words, for a BigInt would be made for each
      view.setUint32(vector, base % WORD, true);
      view.setUint32(vector + 4, base / WORD, true);
      view.setUint32(vector + 8, end - at, true);
      at = end;
    }
    return sendmmsg(fd, this.#memory.address, n, Message.DONTWAIT | Message.NOSIGNAL);
  }
}
