// TCP of the demonstration's guest: a client for a cable that loses nothing (RFC 9293).
//
// Positions count the bytes of a stream from 0, and become sequence numbers only in headers. What comes out of order is
// asked for again; what is not acknowledged for a while is sent again, all of it. Left out: congestion control, SACK,
// timestamps, simultaneous open, TIME-WAIT.
import { finish, sum } from '@reslirp/wire/checksum';
import { Protocol } from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import * as Options from '@reslirp/wire/tcp-options';
import { type Station, sumsUp } from './station.ts';

const { FIN, SYN, RST, PSH, ACK } = Tcp.Flag;
const MSS = 1_460;
const SCALE = 7;
/** We take what comes at once: this window is always open. */
const WINDOW = 4 << 20;
/** Bytes written and not acknowledged, a power of two. */
const RING = 1 << 22;
const SYN_HEADER = Tcp.HEADER + Options.Size.MSS + Options.Size.WINDOW_SCALE;
const CHECK_EVERY = 100;
const SEND_AGAIN = 500;

export class TcpPorts {
  readonly #station: Station;
  readonly #connections: Map<number, TcpConnection> = new Map();
  #port: number = 49_152;

  constructor(station: Station) {
    this.#station = station;
    station.receive(Protocol.TCP, (b, at, end, _src, pseudo) => {
      if (Tcp.check(b, at, end) !== Tcp.Malformed.NO || !sumsUp(b, at, end, pseudo)) station.broken++;
      else this.#connections.get(Tcp.dstPort(b, at))?.segment(b, at, end);
    });
  }

  /** Bytes [at, end) of each `heard` come in order, lent. Throws when the connection is refused. */
  async connect(
    ip: number,
    port: number,
    heard: (b: Uint8Array, at: number, end: number) => void,
  ): Promise<TcpConnection> {
    const mac = await this.#station.resolve(ip);
    const own = this.#port++;
    const connection = new TcpConnection(this.#station, { mac, ip, port, own, heard });
    this.#connections.set(own, connection);
    void connection.ended.finally(() => this.#connections.delete(own)).catch(() => {});
    await connection.opened;
    return connection;
  }
}

interface Peer {
  readonly mac: Uint8Array;
  readonly ip: number;
  readonly port: number;
  readonly own: number;
  readonly heard: (b: Uint8Array, at: number, end: number) => void;
}

export class TcpConnection {
  readonly opened: Promise<void>;
  /** The peer has finished, and all it sent was heard. Rejects when the connection is reset. */
  readonly finished: Promise<void>;
  /** Both have finished. Rejects like `finished`. */
  readonly ended: Promise<void>;
  readonly #station: Station;
  readonly #peer: Peer;
  readonly #ring: Uint8Array = new Uint8Array(RING);
  readonly #options: Options.TcpOptions = Options.blank();
  readonly #iss: number = Math.floor(Math.random() * 0x1_0000_0000) | 0;
  readonly #opening: Deferred = new Deferred();
  readonly #finishing: Deferred = new Deferred();
  readonly #ending: Deferred = new Deferred();
  readonly #noRoom: () => void;
  readonly #timer: NodeJS.Timeout;
  #irs: number = 0;
  #connected: boolean = false;
  /** Positions of our stream: acknowledged, next to send, the furthest ever sent, end of what was written. */
  #una: number = 0;
  #next: number = 0;
  #furthest: number = 0;
  #written: number = 0;
  /** Where our FIN is; Infinity while there is none. */
  #fin: number = Infinity;
  /** How far the peer lets us send. */
  #edge: number = 0;
  #peerScale: number = 0;
  #mss: number = 536;
  /** Position of the peer's stream that we expect. */
  #expected: number = 0;
  #peerFinished: boolean = false;
  #ackDue: boolean = false;
  #progressAt: number = performance.now();
  #writer: (() => void) | null = null;

  constructor(station: Station, peer: Peer) {
    this.#station = station;
    this.#peer = peer;
    this.opened = this.#opening.promise;
    this.finished = this.#finishing.promise;
    this.ended = this.#ending.promise;
    this.#noRoom = station.onRoom(() => this.#pump());
    this.#timer = setInterval(() => this.#check(), CHECK_EVERY).unref();
    this.#sendSyn();
  }

  /** Resolves when all of it is in the send buffer. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const room = Math.min(bytes.length - at, RING - (this.#written - this.#una));
      if (room === 0) {
        await Promise.race([new Promise<void>((resolve) => (this.#writer = resolve)), this.#ending.promise]);
        continue;
      }
      this.#copyIn(bytes, at, at + room);
      at += room;
      this.#pump();
    }
  }

  /** Nothing more will be written. */
  finish(): void {
    this.#fin = this.#written;
    this.#pump();
  }

  segment(b: Uint8Array, at: number, end: number): void {
    const flags = Tcp.flags(b, at);
    if ((flags & RST) !== 0) this.#lost(new Error(this.#connected ? 'connection reset' : 'connection refused'));
    else if ((flags & SYN) !== 0) this.#heardSyn(b, at);
    else if (this.#connected) {
      this.#heardAck(Tcp.ack(b, at), Tcp.window(b, at) << this.#peerScale);
      this.#heardData(b, at + Tcp.headerLength(b, at), end, Tcp.seq(b, at), (flags & FIN) !== 0);
      this.#pump();
      if (this.#peerFinished && this.#una > this.#fin) this.#done();
    }
  }

  #heardSyn(b: Uint8Array, at: number): void {
    if (Tcp.ack(b, at) !== ((this.#iss + 1) | 0)) return;
    Options.read(b, at, this.#options);
    this.#irs = Tcp.seq(b, at);
    this.#mss = Math.min(MSS, this.#options.mss < 0 ? 536 : this.#options.mss);
    this.#peerScale = Math.max(0, this.#options.windowScale);
    this.#edge = Tcp.window(b, at); // RFC 7323 2.2: not scaled in a SYN
    this.#connected = true;
    this.#ackDue = true;
    this.#pump();
    this.#opening.resolve();
  }

  #heardAck(ack: number, window: number): void {
    const acked = this.#una + ((ack - this.#seqOf(this.#una)) | 0);
    if (acked < this.#una || acked > this.#furthest) return;
    this.#edge = Math.max(this.#edge, acked + window);
    if (acked === this.#una) return;
    this.#una = acked;
    this.#next = Math.max(this.#next, acked);
    this.#progressAt = performance.now();
    this.#writer?.();
    this.#writer = null;
  }

  #heardData(b: Uint8Array, at: number, end: number, seq: number, fin: boolean): void {
    if (at === end && !fin) return;
    this.#ackDue = true;
    const early = (seq - (this.#irs + 1 + this.#expected)) | 0;
    if (early > 0 || this.#peerFinished) return; // a hole before it, or it was all there
    const from = at - early;
    if (from < end) {
      this.#expected += end - from;
      this.#peer.heard(b, from, end);
    }
    if (!fin || from > end) return;
    this.#expected++;
    this.#peerFinished = true;
    this.#finishing.resolve();
  }

  /** Sends what may be sent, and an ACK when one is due and nothing took it along: one for all that came in one go. */
  #pump(): void {
    if (!this.#connected) return;
    while (this.#next < Math.min(this.#written, this.#edge)) {
      const n = Math.min(this.#mss, this.#written - this.#next, this.#edge - this.#next);
      if (!this.#sendData(n)) return;
    }
    if (this.#next === this.#fin && this.#send(FIN | ACK, this.#next, 0)) this.#advance(1);
    if (this.#ackDue) queueMicrotask(this.#acknowledge);
  }

  readonly #acknowledge = (): void => {
    if (this.#ackDue) this.#send(ACK, this.#next, 0);
  };

  #sendData(n: number): boolean {
    const last = this.#next + n === this.#written;
    if (!this.#send(last ? PSH | ACK : ACK, this.#next, n)) return false;
    this.#advance(n);
    return true;
  }

  #advance(n: number): void {
    if (this.#una === this.#next) this.#progressAt = performance.now();
    this.#next += n;
    this.#furthest = Math.max(this.#furthest, this.#next);
  }

  #send(flags: number, position: number, n: number): boolean {
    const { mac, ip, port, own } = this.#peer;
    const length = Tcp.HEADER + n;
    const sent = this.#station.send(mac, ip, Protocol.TCP, length, (b, at, pseudo) => {
      const ack = (this.#irs + 1 + this.#expected) | 0;
      Tcp.emit(b, at, own, port, this.#seqOf(position), ack, Tcp.HEADER, flags, WINDOW >> SCALE);
      this.#copyOut(position, n, b, at + Tcp.HEADER);
      Tcp.setSum(b, at, finish(sum(b, at, at + length, pseudo)));
    });
    if (sent) this.#ackDue = false;
    return sent;
  }

  #sendSyn(): void {
    const { mac, ip, port, own } = this.#peer;
    this.#station.send(mac, ip, Protocol.TCP, SYN_HEADER, (b, at, pseudo) => {
      Tcp.emit(b, at, own, port, this.#iss, 0, SYN_HEADER, SYN, 0xffff);
      Options.emitWindowScale(b, Options.emitMss(b, at + Tcp.HEADER, MSS), SCALE);
      Tcp.setSum(b, at, finish(sum(b, at, at + SYN_HEADER, pseudo)));
    });
  }

  /** What the peer has not acknowledged for a while goes again; a closed window is probed (RFC 9293 3.8.6.1). */
  #check(): void {
    const waiting = this.#una < this.#furthest || this.#next < this.#written;
    const now = performance.now();
    if (this.#connected && !waiting) return;
    if (now - this.#progressAt < SEND_AGAIN) return;
    this.#progressAt = now;
    if (!this.#connected) {
      this.#sendSyn();
      return;
    }
    this.#next = this.#una;
    if (this.#edge === this.#una && this.#una < this.#written) this.#sendData(1);
    this.#pump();
  }

  #lost(error: Error): void {
    for (const end of [this.#opening, this.#finishing, this.#ending]) end.reject(error);
    this.#done();
  }

  #done(): void {
    clearInterval(this.#timer);
    this.#noRoom();
    this.#ending.resolve();
  }

  #seqOf(position: number): number {
    return (this.#iss + 1 + position) | 0;
  }

  #copyIn(bytes: Uint8Array, at: number, end: number): void {
    while (at < end) {
      const place = this.#written & (RING - 1);
      const n = Math.min(end - at, RING - place);
      this.#ring.set(bytes.subarray(at, at + n), place);
      at += n;
      this.#written += n;
    }
  }

  #copyOut(position: number, n: number, b: Uint8Array, at: number): void {
    const place = position & (RING - 1);
    const first = Math.min(n, RING - place);
    b.set(this.#ring.subarray(place, place + first), at);
    if (first < n) b.set(this.#ring.subarray(0, n - first), at + first);
  }
}

/** A promise that may be rejected without anybody waiting for it. */
class Deferred {
  readonly promise: Promise<void>;
  resolve!: () => void;
  reject!: (error: Error) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => {});
  }
}
