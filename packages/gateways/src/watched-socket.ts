// A socket of the host whose stream is read along: to the stack a socket like any other, to the host's socket its stack.
//
//   up      write() > filter > the socket's write(). What the socket does not take waits in the filter, and write() takes nothing.
//   down    the socket's read() > filter > read(). Nothing is read while something waits.
//           What is urgent to the host's side comes in line: a line that is read along has no marks in it.
//   ends    finish() and close() come after what waits, in both directions.
import type { Endpoint } from '@reslirp/stack/endpoint';
import { END, type Refusal, type TcpEvents, type TcpSocket } from '@reslirp/stack/host';
import { type LineEditor, LineFilter } from './line-filter.ts';

/** One read of the socket. */
const READ = 1_024;

/** What reads along in one connection. */
export interface Session {
  /** Guest to host. */
  readonly up: LineEditor;
  readonly down: LineEditor;
  /** The connection is over. */
  ended(): void;
}

/** Who keeps count of watched sockets. */
export interface Owner {
  /** The stack has closed it, and something still waits for its socket. */
  lingers(socket: WatchedSocket): void;
  /** Once. */
  gone(socket: WatchedSocket): void;
}

export class WatchedSocket implements TcpSocket, TcpEvents {
  readonly #events: TcpEvents;
  readonly #session: Session;
  readonly #owner: Owner;
  readonly #up: LineFilter;
  readonly #down: LineFilter;
  #socket: TcpSocket | null = null;
  /** Read, and not through the filter yet. */
  readonly #read: Uint8Array = new Uint8Array(READ);
  #readAt: number = 0;
  #readEnd: number = 0;
  /** The socket's END was read, and was told. */
  #ended: boolean = false;
  #endTold: boolean = false;
  /** write() took less than all. */
  #full: boolean = false;
  #finishing: boolean = false;
  #finished: boolean = false;
  #closing: boolean = false;
  #silent: boolean = false;
  #now: number = 0;

  /** attach() follows. */
  constructor(events: TcpEvents, session: Session, owner: Owner) {
    this.#events = events;
    this.#session = session;
    this.#owner = owner;
    this.#up = new LineFilter(session.up, () => this.#advance());
    this.#down = new LineFilter(session.down, () => {
      if (!this.#silent) this.#events.readable(this.#now);
    });
  }

  /** `socket`: the one whose events these are. */
  attach(socket: TcpSocket): this {
    this.#socket = socket;
    return this;
  }

  read(into: Uint8Array, at: number, end: number): number {
    const socket = this.#socket;
    if (socket === null || this.#silent) return 0;
    const down = this.#down;
    while (down.at === down.end) {
      if (down.waiting) return 0;
      if (this.#readAt < this.#readEnd) this.#readAt += down.push(this.#read, this.#readAt, this.#readEnd);
      else if (this.#ended) {
        if (down.idle) return this.#tellEnd();
        down.finish();
      } else if (!this.#refill(socket)) return 0;
    }
    const n = Math.min(end - at, down.end - down.at);
    into.set(down.bytes.subarray(down.at, down.at + n), at);
    down.left(n);
    return n;
  }

  write(b: Uint8Array, at: number, end: number): number {
    return this.#push(b, at, end, false);
  }

  writeUrgent(b: Uint8Array, at: number, end: number): number {
    return this.#push(b, at, end, true);
  }

  local(into: Endpoint): boolean {
    return this.#socket?.local?.(into) ?? false;
  }

  finish(): void {
    this.#finishing = true;
    this.#up.finish();
    this.#flush(false);
  }

  abort(): void {
    this.#silent = true;
    this.#socket?.abort();
    this.#end();
  }

  close(): void {
    this.#silent = true;
    this.#closing = true;
    this.#flush(false);
    if (this.#socket !== null) this.#owner.lingers(this);
  }

  opened(now: number): void {
    this.#now = now;
    if (!this.#silent) this.#events.opened(now);
  }

  refused(why: Refusal, now: number): void {
    const silent = this.#silent;
    this.#end();
    if (!silent) this.#events.refused(why, now);
  }

  failed(why: Refusal, now: number): void {
    const silent = this.#silent;
    this.#end();
    if (!silent) this.#events.failed(why, now);
  }

  readable(now: number): void {
    this.#now = now;
    if (!this.#silent) this.#events.readable(now);
  }

  writable(now: number): void {
    this.#now = now;
    this.#advance();
  }

  #push(b: Uint8Array, at: number, end: number, urgent: boolean): number {
    if (this.#silent || this.#finishing) return 0;
    let i = at;
    while (i < end && this.#up.at === this.#up.end && !this.#up.waiting) {
      i += this.#up.push(b, i, end);
      this.#flush(urgent && i === end);
    }
    this.#full = i < end;
    return i - at;
  }

  /** Something that waited may leave. */
  #advance(): void {
    this.#flush(false);
    if (this.#silent || !this.#full || this.#up.at < this.#up.end || this.#up.waiting) return;
    this.#full = false;
    this.#events.writable(this.#now);
  }

  #flush(urgent: boolean): void {
    const up = this.#up;
    const socket = this.#socket;
    if (socket === null) return;
    if (up.at < up.end) up.left(this.#send(socket, urgent));
    if (up.at < up.end || up.waiting) return;
    if (this.#finishing && !this.#finished) {
      this.#finished = true;
      socket.finish();
    }
    if (!this.#closing) return;
    socket.close();
    this.#end();
  }

  #send(socket: TcpSocket, urgent: boolean): number {
    const { bytes, at, end } = this.#up;
    if (urgent && socket.writeUrgent !== undefined) return socket.writeUrgent(bytes, at, end);
    return socket.write(bytes, at, end);
  }

  #refill(socket: TcpSocket): boolean {
    const n = socket.read(this.#read, 0, READ);
    this.#readAt = 0;
    this.#readEnd = Math.max(0, n);
    this.#ended = n === END;
    return n !== 0;
  }

  #tellEnd(): number {
    if (this.#endTold) return 0;
    this.#endTold = true;
    return END;
  }

  #end(): void {
    this.#silent = true;
    if (this.#socket === null) return;
    this.#socket = null;
    this.#session.ended();
    this.#owner.gone(this);
  }
}
