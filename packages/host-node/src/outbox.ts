// The writing half of one TCP socket.
//
// Bytes are copied into chunks as the stack lends them; at the end of the turn all of them go to the kernel as one
// write. A chunk comes back when the kernel has taken it. While none may be had, write() takes less, and room()
// follows; so a peer that does not read costs a bounded amount, and closes the guest's window.
import type { Socket } from 'node:net';
import type { Chunk, ChunkPool } from './chunks.ts';

/** Most that one socket holds, bytes; the kernel's own send buffer comes on top. */
const LIMIT = 512 * 1024;

export class Outbox {
  readonly #socket: Socket;
  readonly #chunks: ChunkPool;
  readonly #departures: Departures;
  readonly #room: () => void;
  readonly #filling: Chunk[] = [];
  #held: number = 0;
  #inFlight: number = 0;
  #blocked: boolean = false;
  #finishing: boolean = false;

  /** `room`: write() takes bytes again. */
  constructor(socket: Socket, chunks: ChunkPool, departures: Departures, room: () => void) {
    this.#socket = socket;
    this.#chunks = chunks;
    this.#departures = departures;
    this.#room = room;
  }

  /** Copies what there is room for; returns how many bytes of [at, end). */
  write(b: Uint8Array, at: number, end: number): number {
    if (this.#finishing || !this.#socket.writable) return 0;
    let done = at;
    while (done < end) {
      const chunk = this.#space(end - done);
      if (chunk === null) {
        this.#blocked = true; // some of our own chunks are out, and come back
        break;
      }
      const n = Math.min(end - done, chunk.bytes.length - chunk.used);
      chunk.bytes.set(b.subarray(done, done + n), chunk.used);
      chunk.used += n;
      done += n;
    }
    if (done > at) this.#departures.add(this);
    return done - at;
  }

  /** A FIN follows what was written. */
  finish(): void {
    this.#blocked = false;
    this.#finishing = true;
    this.#finishWhenEmpty();
  }

  /** What has not left yet never will. */
  discard(): void {
    for (const chunk of this.#filling) this.#giveBack(chunk);
    this.#filling.length = 0;
    this.#blocked = false;
  }

  /** The turn is over. */
  depart(): void {
    if (this.#filling.length > 1) this.#socket.cork();
    for (const chunk of this.#filling) {
      this.#inFlight++;
      this.#socket.write(chunk.bytes.subarray(0, chunk.used), () => this.#left(chunk));
    }
    if (this.#filling.length > 1) this.#socket.uncork();
    this.#filling.length = 0;
  }

  #space(wanted: number): Chunk | null {
    const last = this.#filling.at(-1);
    if (last !== undefined && last.used < last.bytes.length) return last;
    const chunk = this.#chunks.take(wanted, this.#held, LIMIT);
    if (chunk === null) return null;
    this.#held += chunk.bytes.length;
    this.#filling.push(chunk);
    return chunk;
  }

  /** Called for every chunk, also when the socket broke. */
  #left(chunk: Chunk): void {
    this.#inFlight--;
    this.#giveBack(chunk);
    this.#finishWhenEmpty();
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#room();
  }

  #giveBack(chunk: Chunk): void {
    this.#held -= chunk.bytes.length;
    this.#chunks.give(chunk);
  }

  /** Not earlier: a socket with a shutdown pending behind its writes can no longer be reset. */
  #finishWhenEmpty(): void {
    if (this.#finishing && this.#inFlight === 0 && this.#filling.length === 0) this.#socket.end();
  }
}

/** Who has something to write at the end of this turn. */
export class Departures {
  #waiting: Set<Outbox> = new Set();
  #leaving: Set<Outbox> = new Set();

  add(box: Outbox): void {
    if (this.#waiting.size === 0) setImmediate(this.#depart);
    this.#waiting.add(box);
  }

  readonly #depart = (): void => {
    const leaving = this.#waiting;
    this.#waiting = this.#leaving;
    this.#leaving = leaving;
    for (const box of leaving) box.depart();
    leaving.clear();
  };
}
