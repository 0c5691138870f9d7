// The stack's socket of a connection that is imagined. What the peer does is a Program's; that the rules of host.ts are kept,
// by both sides, is looked after here.
import { END, Refusal, type TcpEvents, type TcpSocket } from '@reslirp/stack/host';
import type { Timeline } from './timeline.ts';

/** The host's end of one connection. */
export interface Peer {
  /** What was connected to. */
  readonly port: number;
  /** Bytes taken from the stack. */
  readonly received: number;
  readonly sent: number;
  /** 'connecting' until opened; then what ended it, if anything did. */
  readonly state: 'connecting' | 'open' | 'refused' | 'closed' | 'aborted' | 'reset';
  /** The stack's end has come. */
  readonly finished: boolean;
}

/** Whoever is at the other end. Bytes are lent for the call. */
export interface Program {
  /** Once, before anything else. */
  opened(line: Line): void;
  /** Moves what it sends to [at, end); 0 when there is nothing now, and it will call readable(); END after its last byte. */
  give(into: Uint8Array, at: number, end: number): number;
  /** Returns how much of [at, end) it took; when not all, it will call writable(). */
  take(b: Uint8Array, at: number, end: number): number;
  /** The stack writes no more. */
  finished(): void;
  /** The stack has let go. Nothing is called any more. */
  gone(how: 'closed' | 'aborted'): void;
}

/** What a program can do, but not from within a call of the stack's: then later(). After the end all of it is nothing. */
export interface Line {
  readonly now: number;
  readable(): void;
  writable(): void;
  reset(): void;
  /** Calls `run` once, `ms` from now, unless the connection has ended. */
  later(ms: number, run: () => void): void;
}

export class SimulatedTcp implements Peer, TcpSocket, Line {
  received: number = 0;
  sent: number = 0;
  state: Peer['state'] = 'connecting';
  finished: boolean = false;
  readonly port: number;
  readonly #program: Program;
  readonly #events: TcpEvents;
  readonly #time: Timeline;
  readonly #strict: boolean;
  #endTold: boolean = false;

  /** `strict`: throws where the stack breaks the rules; a host that is real does nothing then. */
  constructor(port: number, program: Program, events: TcpEvents, time: Timeline, strict: boolean) {
    this.port = port;
    this.#program = program;
    this.#events = events;
    this.#time = time;
    this.#strict = strict;
  }

  get now(): number {
    return this.#time.now;
  }

  /** Is open from the start, as what was accepted is. */
  begin(): void {
    this.state = 'open';
    this.#program.opened(this);
  }

  /** Opens, or is refused. */
  answer(refuse: Refusal | undefined): void {
    if (this.state !== 'connecting') return;
    if (refuse !== undefined) {
      this.state = 'refused';
      this.#events.refused(refuse, this.now);
      return;
    }
    this.begin();
    this.#events.opened(this.now);
  }

  read(into: Uint8Array, at: number, end: number): number {
    if (this.#refuses('read') || this.#endTold) return 0;
    const n = this.#program.give(into, at, end);
    if (n === END) this.#endTold = true;
    else this.sent += n;
    return n;
  }

  write(b: Uint8Array, at: number, end: number): number {
    if (this.#refuses('write')) return 0;
    if (this.finished) return this.#breaks('write() after finish()');
    const n = this.#program.take(b, at, end);
    this.received += n;
    return n;
  }

  finish(): void {
    if (this.#refuses('finish')) return;
    if (this.finished) {
      this.#breaks('finish() twice');
      return;
    }
    this.finished = true;
    this.#program.finished();
  }

  abort(): void {
    if (this.state !== 'connecting' && this.#refuses('abort')) return;
    const wasOpen = this.state === 'open';
    this.state = 'aborted';
    if (wasOpen) this.#program.gone('aborted');
  }

  close(): void {
    if (this.#refuses('close')) return;
    if (!this.finished || !this.#endTold) this.#breaks('close() before both directions had ended');
    this.state = 'closed';
    this.#program.gone('closed');
  }

  readable(): void {
    if (this.state === 'open') this.#events.readable(this.now);
  }

  writable(): void {
    if (this.state === 'open') this.#events.writable(this.now);
  }

  reset(): void {
    if (this.state !== 'open') return;
    this.state = 'reset';
    this.#events.failed(Refusal.RESET, this.now);
  }

  later(ms: number, run: () => void): void {
    this.#time.schedule(ms, () => {
      if (this.state === 'open') run();
    });
  }

  #refuses(call: string): boolean {
    if (this.state === 'open') return false;
    this.#breaks(`${call}() on a socket that is ${this.state}`);
    return true;
  }

  #breaks(what: string): 0 {
    if (this.#strict) throw new Error(what);
    return 0;
  }
}
