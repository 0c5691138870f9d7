// One TCP connection of the host, or one to a unix socket, as readiness over a net.Socket.
//
// Reading   All sockets read into one buffer (onread): the operating system fills it and calls us at once, and the
//           stack takes the bytes from there during readable(). What it did not take is copied to a leftover, and
//           reading stops until read() has drained it: then the kernel's window closes toward the far side.
// Writing   Outbox.
// Events    One flag, #silent, is raised by whatever is final. Node's own events go on, and find nobody.
//
// Three things that Node does not say, seen on Node 20 under Linux:
// - a reset that arrives behind unread bytes is reported as an orderly end; but the peer's name is then gone;
// - resetAndDestroy() while a shutdown() is pending fails with EINVAL, and leaves the descriptor open;
// - resetAndDestroy() while connecting waits for the connection; destroy() does not.
import { connect, type IpcSocketConnectOpts, type Socket, type TcpSocketConnectOpts } from 'node:net';
import type { Endpoint } from '@reslirp/stack/endpoint';
import { END, Refusal, type TcpEvents, type TcpSocket, type UnixPath } from '@reslirp/stack/host';
import { addressText, fillAddress } from './address.ts';
import type { ChunkPool } from './chunks.ts';
import { type Departures, Outbox } from './outbox.ts';
import { refusalOf } from './refusal.ts';

/** How long a closed socket may take to get rid of what was written; then it is reset. */
const LINGER = 60_000;

/** What the sockets of one host share. */
export interface TcpShared {
  readonly now: () => number;
  readonly buffer: Uint8Array;
  readonly chunks: ChunkPool;
  readonly departures: Departures;
  localAddress(family: 4 | 6): string | undefined;
  /** The descriptor is free again. */
  gone(socket: NodeTcpSocket): void;
}

export class NodeTcpSocket implements TcpSocket {
  readonly #events: TcpEvents;
  readonly #shared: TcpShared;
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  /** To a unix socket: its peer has no name, and cannot be reset. */
  readonly #local: boolean;
  /** Where read() finds [#at, #end): the shared buffer during its callback, else a copy of our own. */
  #unread: Uint8Array | null = null;
  #at: number = 0;
  #end: number = 0;
  #inCallback: boolean = false;
  #ended: boolean = false;
  #endTold: boolean = false;
  #finished: boolean = false;
  #opened: boolean = false;
  #silent: boolean = false;
  /** Of the linger. */
  #timer: NodeJS.Timeout | undefined;

  /** `socket`: on its way, or accepted. */
  private constructor(socket: Socket, opened: boolean, local: boolean, events: TcpEvents, shared: TcpShared) {
    this.#events = events;
    this.#shared = shared;
    this.#socket = socket;
    this.#opened = opened;
    this.#local = local;
    this.#outbox = new Outbox(socket, shared.chunks, shared.departures, () => this.#room());
    socket.on('end', () => this.#eof());
    socket.on('error', (error) => this.#broke(refusalOf(error)));
    socket.on('close', () => this.#closed());
  }

  static connect(to: Endpoint | UnixPath, events: TcpEvents, shared: TcpShared): NodeTcpSocket {
    let it: NodeTcpSocket;
    const socket = connect({
      ...addressOf(to, shared),
      allowHalfOpen: true,
      noDelay: true,
      onread: { buffer: shared.buffer, callback: (size) => it.#arrived(shared.buffer, size) },
    });
    it = new NodeTcpSocket(socket, false, 'path' in to, events, shared);
    socket.on('connect', () => it.#connected());
    return it;
  }

  /** A server's sockets have no onread: Node reads into memory of its own, and stops when it is told to. */
  static adopt(socket: Socket, local: boolean, events: TcpEvents, shared: TcpShared): NodeTcpSocket {
    const it = new NodeTcpSocket(socket, true, local, events, shared);
    socket.on('data', (b: Buffer) => {
      if (!it.#arrived(b, b.length)) socket.pause();
    });
    return it;
  }

  read(into: Uint8Array, at: number, end: number): number {
    const from = this.#unread;
    if (from === null) return this.#readNothing();
    const n = Math.min(end - at, this.#end - this.#at);
    into.set(from.subarray(this.#at, this.#at + n), at);
    this.#at += n;
    if (this.#at === this.#end) {
      this.#unread = null;
      if (!this.#inCallback) this.#socket.resume();
    }
    return n;
  }

  write(b: Uint8Array, at: number, end: number): number {
    return this.#opened && !this.#silent ? this.#outbox.write(b, at, end) : 0;
  }

  local(into: Endpoint): boolean {
    const { localAddress, localPort } = this.#socket;
    return localAddress !== undefined && localPort !== undefined && fillAddress(into, localAddress, localPort);
  }

  finish(): void {
    this.#finished = true;
    this.#outbox.finish();
  }

  abort(): void {
    this.#silence();
    this.#outbox.discard();
    this.#reset();
  }

  close(): void {
    if (!this.#opened) {
      this.abort();
      return;
    }
    this.#silence();
    this.finish();
    if (this.#socket.destroyed) return;
    if (this.#socket.writableFinished) {
      this.#socket.destroy();
      return;
    }
    this.#socket.once('finish', () => this.#socket.destroy());
    this.#timer = setTimeout(() => this.abort(), LINGER).unref();
  }

  #connected(): void {
    clearTimeout(this.#timer);
    this.#opened = true;
    if (!this.#silent) this.#events.opened(this.#shared.now());
  }

  /** `size` bytes are in `b` until we return; false stops reading. */
  #arrived(b: Uint8Array, size: number): boolean {
    if (this.#silent) return true;
    this.#unread = b;
    this.#at = 0;
    this.#end = size;
    this.#inCallback = true;
    this.#events.readable(this.#shared.now());
    this.#inCallback = false;
    if (this.#unread === null) return true;
    this.#unread = b.slice(this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
    return false;
  }

  #readNothing(): number {
    if (!this.#ended || this.#endTold) return 0;
    this.#endTold = true;
    return END;
  }

  #eof(): void {
    if (this.#silent) return;
    // A connection that was reset has no peer. After our own FIN an orderly end looks the same.
    if (!this.#finished && !this.#local && this.#socket.remoteAddress === undefined) {
      this.#broke(Refusal.RESET);
      this.#socket.destroy();
      return;
    }
    this.#ended = true;
    this.#events.readable(this.#shared.now());
  }

  #room(): void {
    if (!this.#silent) this.#events.writable(this.#shared.now());
  }

  #broke(why: Refusal): void {
    this.#outbox.discard();
    if (this.#silent) return;
    this.#silence();
    if (this.#opened) this.#events.failed(why, this.#shared.now());
    else this.#events.refused(why, this.#shared.now());
  }

  /** Nothing is said from here on, and nothing is kept for the stack. */
  #silence(): void {
    clearTimeout(this.#timer);
    this.#silent = true;
    this.#unread = null;
  }

  #reset(): void {
    const s = this.#socket;
    if (s.destroyed) return;
    if (s.connecting || this.#local) s.destroy();
    else if (s.writableEnded && !s.writableFinished) s.once('finish', () => this.#reset());
    else s.resetAndDestroy();
  }

  #closed(): void {
    this.#silence();
    this.#shared.gone(this);
  }
}

/** A socket that never was: there are too many already. */
export class RefusedTcpSocket implements TcpSocket {
  #silent: boolean = false;

  constructor(why: Refusal, events: TcpEvents, now: () => number) {
    queueMicrotask(() => {
      if (this.#silent) return;
      this.#silent = true;
      events.refused(why, now());
    });
  }

  read(): number {
    return 0;
  }

  write(): number {
    return 0;
  }

  finish(): void {}

  abort(): void {
    this.#silent = true;
  }

  close(): void {
    this.#silent = true;
  }
}

/** As node:net takes it. */
function addressOf(to: Endpoint | UnixPath, shared: TcpShared): IpcSocketConnectOpts | TcpSocketConnectOpts {
  if ('path' in to) return { path: to.path };
  const localAddress = shared.localAddress(to.is4 ? 4 : 6);
  return { host: addressText(to), port: to.port, ...(localAddress === undefined ? {} : { localAddress }) };
}
