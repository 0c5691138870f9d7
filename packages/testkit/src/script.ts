// What servers and clients of the imagination do with a connection: a script, played on one end of it.
import { END, type Refusal } from '@reslirp/stack/host';
import { checkPattern, fillPattern } from './pattern.ts';
import type { Line, Program } from './simulated-tcp.ts';

/** What a server does with each connection. Sizes in bytes, times in milliseconds. */
export interface Script {
  /** The connect is refused. */
  readonly refuse?: Refusal;
  /** Until connect or refusal: 1. */
  readonly after?: number;
  /** Bytes of the connection's stream to send, then the end: 0. */
  readonly send?: number;
  /** Do not end after the last byte. */
  readonly stay?: boolean;
  /** End only when the other side has. */
  readonly endAfterGuest?: boolean;
  /** Nothing is taken before this time after the opening: 0. */
  readonly stallFor?: number;
  /** Most that one read() or write() moves: no limit. */
  readonly bite?: number;
  /** Reset after so many bytes from the other side. */
  readonly resetAfter?: number;
}

/** The two streams of a connection (pattern.ts), by key. */
export interface Streams {
  readonly says: number;
  readonly hears: number;
}

/** Throws when a byte is not that of its stream. */
export class Scripted implements Program {
  readonly #script: Script;
  readonly #streams: Streams;
  #sent: number = 0;
  #received: number = 0;
  #openedAt: number = 0;
  #finished: boolean = false;
  #waiting: boolean = false;
  #line: Line | null = null;

  constructor(script: Script, streams: Streams) {
    this.#script = script;
    this.#streams = streams;
  }

  opened(line: Line): void {
    this.#line = line;
    this.#openedAt = line.now;
    line.later(1, () => line.readable());
  }

  give(into: Uint8Array, at: number, end: number): number {
    const { send = 0, bite = Infinity } = this.#script;
    const n = Math.min(end - at, send - this.#sent, bite);
    fillPattern(this.#streams.says, this.#sent, into, at, at + n);
    this.#sent += n;
    return n > 0 || !this.#ends() ? n : END;
  }

  take(b: Uint8Array, at: number, end: number): number {
    const line = this.#line!;
    const { bite = Infinity, stallFor = 0, resetAfter = Infinity } = this.#script;
    const stall = this.#openedAt + stallFor - line.now;
    const n = stall > 0 ? 0 : Math.min(end - at, bite);
    checkPattern(this.#streams.hears, this.#received, b, at, at + n);
    this.#received += n;
    if (n < end - at) this.#writableIn(line, Math.max(1, stall));
    if (this.#received >= resetAfter) line.later(0, () => line.reset());
    return n;
  }

  finished(): void {
    this.#finished = true;
    if (this.#script.endAfterGuest === true) this.#line?.later(1, () => this.#line?.readable());
  }

  gone(): void {}

  #ends(): boolean {
    const { stay, endAfterGuest } = this.#script;
    return stay !== true && (endAfterGuest !== true || this.#finished);
  }

  #writableIn(line: Line, ms: number): void {
    if (this.#waiting) return;
    this.#waiting = true;
    line.later(ms, () => {
      this.#waiting = false;
      line.writable();
    });
  }
}
