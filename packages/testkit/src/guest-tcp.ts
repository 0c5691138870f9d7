// TCP of the scripted guest, written from RFC 9293 without a look at the stack's: go-back-N, everything that comes early kept,
// each option to be had or not. Positions count the bytes of a stream from 0; sequence numbers appear in headers only.
// It sends stream `port`, and checks that stream `port` + 1 comes back, each byte once and in order.
import { finish, sum } from '@reslirp/wire/checksum';
import { Protocol } from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import * as Options from '@reslirp/wire/tcp-options';
import { type Address, sameAddress } from './address.ts';
import { Early } from './early.ts';
import type { Guest } from './guest.ts';
import { checkPattern, fillPattern } from './pattern.ts';

const { FIN, SYN, RST, ACK } = Tcp.Flag;
const MOST_RTO = 20_000;
/** Two NOPs, kind and length; then pairs of edges. */
const SACK = 4;
const SACK_BLOCK = 8;

/** Sizes in bytes, times in milliseconds. */
export interface GuestTcpOptions {
  /** Bytes to send, then the end: 0. */
  readonly send?: number;
  /** Do not end after the last byte. */
  readonly stay?: boolean;
  readonly mss?: number;
  /** Absent: no window scaling. */
  readonly scale?: number;
  readonly timestamps?: boolean;
  /** What came early is told (RFC 2018). It sends without. */
  readonly sack?: boolean;
  /** Receive window, before scaling: 65,535. */
  readonly window?: number;
  /** The window is closed from the first byte on, for so long. */
  readonly stallFor?: number;
  /** Congestion window, segments: 10, growing by one per ACK. */
  readonly cwnd?: number;
  /** Until the first retransmission; doubled with each one: 300. */
  readonly rto?: number;
  /** ACK every second segment, or after so long: 0, each at once. */
  readonly delayAcks?: number;
}

interface Remote {
  readonly ip: Address;
  readonly port: number;
  readonly own: number;
}

export class GuestTcp {
  state: 'opening' | 'open' | 'refused' | 'unreachable' | 'reset' | 'closed' = 'opening';
  /** Bytes that came, in order. */
  received: number = 0;
  /** The other side's end came, after all its bytes. */
  ended: boolean = false;
  readonly #guest: Guest;
  readonly #remote: Remote;
  readonly #options: GuestTcpOptions;
  readonly #iss: number;
  readonly #read: Options.TcpOptions = Options.blank();
  /** Beyond `received`. */
  readonly #early: Early = new Early();
  readonly #edges: Int32Array = new Int32Array(8);
  #irs: number = 0;
  #una: number = 0;
  #next: number = 0;
  #furthest: number = 0;
  #edge: number = 0;
  #scale: number = 0;
  #mss: number = 536;
  #cwnd: number;
  #duplicates: number = 0;
  readonly #firstRto: number;
  #rto: number;
  #timer: number = 0;
  #finAt: number = -1;
  #stalledSince: number = -1;
  #tsRecent: number = 0;
  #timestamps: boolean = false;
  #sack: boolean = false;
  #unacked: number = 0;

  constructor(guest: Guest, remote: Remote, options: GuestTcpOptions) {
    this.#guest = guest;
    this.#remote = remote;
    this.#options = options;
    this.#iss = Math.floor(guest.random() * 0x1_0000_0000) | 0;
    this.#cwnd = options.cwnd ?? 10;
    this.#firstRto = options.rto ?? 300;
    this.#rto = this.#firstRto;
    this.#syn();
    this.#restartTimer();
  }

  /** All was sent and acknowledged, our end included, and theirs came. */
  get done(): boolean {
    return this.state === 'closed';
  }

  /** Bytes that the other side has acknowledged. */
  get acknowledged(): number {
    return Math.min(this.#una, this.#size);
  }

  reset(): void {
    this.#emit(RST | ACK, this.#next, 0);
    this.state = 'reset';
  }

  unreachable(): void {
    if (this.state === 'opening') this.state = 'unreachable';
  }

  segment(b: Uint8Array, at: number, end: number, src: Address): void {
    if (!sameAddress(src, this.#remote.ip) || Tcp.srcPort(b, at) !== this.#remote.port)
      throw new Error('a segment from somebody else');
    const flags = Tcp.flags(b, at);
    if ((flags & RST) !== 0) this.#heardReset(b, at);
    else if ((flags & SYN) !== 0) this.#heardSyn(b, at);
    else if (this.state === 'open' || this.state === 'closed') {
      Options.read(b, at, this.#read);
      if (this.#timestamps !== this.#read.timestamps) throw new Error('timestamps come and go');
      this.#tsRecent = this.#read.tsVal;
      this.#heardAck(b, at, end);
      this.#heardData(b, at, end, (flags & FIN) !== 0);
      this.pump();
    }
  }

  /** Sends what may be sent. */
  pump(): void {
    if (this.state !== 'open') return;
    const limit = Math.min(this.#size, this.#edge, this.#una + this.#cwnd * this.#mss);
    while (this.#next < limit) {
      const n = Math.min(this.#mss, limit - this.#next);
      if (!this.#emit(ACK, this.#next, n)) return;
      this.#advance(n);
    }
    const ends = this.#options.stay !== true && this.#next === this.#size;
    if (ends && this.#emit(FIN | ACK, this.#size, 0)) this.#advance(1);
  }

  /** RCV.NXT */
  get #expected(): number {
    return (this.#irs + 1 + this.received + (this.ended ? 1 : 0)) | 0;
  }

  get #size(): number {
    return this.#options.send ?? 0;
  }

  #heardReset(b: Uint8Array, at: number): void {
    if (this.state === 'opening') {
      if (Tcp.ack(b, at) === ((this.#iss + 1) | 0)) this.state = 'refused';
    } else if (this.state === 'open' && Tcp.seq(b, at) === this.#expected) this.state = 'reset';
  }

  #heardSyn(b: Uint8Array, at: number): void {
    if (Tcp.ack(b, at) !== ((this.#iss + 1) | 0)) return;
    if (this.state !== 'opening') {
      this.#emit(ACK, this.#next, 0); // our ACK was lost
      return;
    }
    Options.read(b, at, this.#read);
    const { mss, windowScale, timestamps, tsVal, sackPermitted } = this.#read;
    if (windowScale >= 0 && this.#options.scale === undefined) throw new Error('window scale was not offered');
    if (timestamps && this.#options.timestamps !== true) throw new Error('timestamps were not offered');
    if (sackPermitted && this.#options.sack !== true) throw new Error('SACK was not offered');
    this.#irs = Tcp.seq(b, at);
    this.#sack = sackPermitted;
    this.#timestamps = timestamps;
    this.#tsRecent = tsVal;
    this.#scale = Math.max(0, windowScale);
    this.#mss =
      Math.min(mss < 0 ? 536 : mss, typeof this.#remote.ip === 'number' ? 1_460 : 1_440) - (timestamps ? 12 : 0);
    this.#edge = Tcp.window(b, at);
    this.state = 'open';
    this.#rto = this.#firstRto;
    this.#emit(ACK, 0, 0);
    this.pump();
  }

  #heardAck(b: Uint8Array, at: number, end: number): void {
    const acked = this.#una + ((Tcp.ack(b, at) - ((this.#iss + 1 + this.#una) | 0)) | 0);
    if (acked > this.#furthest)
      throw new Error(`${acked - this.#furthest} bytes were acknowledged that were never sent`);
    if (acked < this.#una) return;
    const edge = acked + Tcp.window(b, at) * 2 ** this.#scale;
    const windowMoved = edge !== this.#edge;
    this.#edge = Math.max(this.#edge, edge);
    if (acked > this.#una) this.#progress(acked);
    else if (!windowMoved && end - at === Tcp.headerLength(b, at) && this.#next > this.#una) this.#duplicate();
  }

  #progress(acked: number): void {
    this.#una = acked;
    this.#next = Math.max(this.#next, acked);
    this.#cwnd++;
    this.#duplicates = 0;
    this.#rto = this.#firstRto;
    this.#restartTimer();
    this.#closeIfDone();
  }

  #duplicate(): void {
    if (++this.#duplicates !== 3) return;
    this.#cwnd = Math.max(2, this.#cwnd >> 1);
    this.#next = this.#una;
  }

  #heardData(b: Uint8Array, at: number, end: number, fin: boolean): void {
    const from = at + Tcp.headerLength(b, at);
    if (from === end && !fin) return;
    const position = this.received + ((Tcp.seq(b, at) - ((this.#irs + 1 + this.received) | 0)) | 0);
    checkPattern(this.#remote.port + 1, Math.max(0, position), b, from + Math.max(0, -position), end);
    if (fin) this.#finAt = position + end - from;
    if (this.#window() > 0 || position < this.received) this.#keep(position, position + end - from);
    this.#acknowledge(position !== this.received || fin);
  }

  #keep(from: number, to: number): void {
    const before = this.received;
    if (to > from) this.#early.add(from, to);
    this.received = this.#early.reach(this.received);
    if (before === 0 && this.received > 0 && this.#options.stallFor !== undefined) this.#stall();
    if (this.#finAt === this.received) this.ended = true;
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.ended && this.#una > this.#size && this.state === 'open') this.state = 'closed';
  }

  #stall(): void {
    this.#stalledSince = this.#guest.time.now;
    this.#guest.time.schedule(this.#options.stallFor ?? 0, () => {
      this.#stalledSince = -1;
      this.#emit(ACK, this.#next, 0);
    });
  }

  #window(): number {
    return this.#stalledSince >= 0 ? 0 : (this.#options.window ?? 0xffff);
  }

  #acknowledge(now: boolean): void {
    const { delayAcks = 0 } = this.#options;
    if (now || delayAcks === 0 || ++this.#unacked >= 2) {
      this.#emit(ACK, this.#next, 0);
      return;
    }
    this.#guest.time.schedule(delayAcks, () => {
      if (this.#unacked > 0 && this.state === 'open') this.#emit(ACK, this.#next, 0);
    });
  }

  #advance(n: number): void {
    this.#next += n;
    this.#furthest = Math.max(this.#furthest, this.#next);
  }

  #emit(flags: number, position: number, n: number): boolean {
    const { ip, port, own } = this.#remote;
    const blocks = this.#sack && n === 0 ? this.#blocks() : 0;
    const plain = Tcp.HEADER + (this.#timestamps ? Options.Size.TIMESTAMPS : 0);
    const header = plain + (blocks > 0 ? SACK + blocks * SACK_BLOCK : 0);
    const length = header + n;
    const sent = this.#guest.send(ip, Protocol.TCP, length, (b, at, pseudo) => {
      Tcp.emit(b, at, own, port, (this.#iss + 1 + position) | 0, this.#expected, header, flags, this.#window());
      if (this.#timestamps) Options.emitTimestamps(b, at + Tcp.HEADER, this.#clock(), this.#tsRecent);
      if (blocks > 0) Options.emitSack(b, at + plain, this.#edges, blocks);
      fillPattern(port, position, b, at + header, at + length);
      Tcp.setSum(b, at, finish(sum(b, at, at + length, pseudo)));
    });
    if (sent) this.#unacked = 0;
    return sent;
  }

  /** Fills `#edges`; returns how many there are. */
  #blocks(): number {
    const most = this.#timestamps ? 3 : 4;
    const told = this.#early.ranges.slice(0, most);
    for (const [i, { from, to }] of told.entries()) {
      this.#edges[2 * i] = this.#irs + 1 + from;
      this.#edges[2 * i + 1] = this.#irs + 1 + to;
    }
    return told.length;
  }

  #syn(): void {
    const { ip, port, own } = this.#remote;
    const { mss, scale, timestamps, sack } = this.#options;
    const header =
      Tcp.HEADER +
      (mss === undefined ? 0 : Options.Size.MSS) +
      (scale === undefined ? 0 : Options.Size.WINDOW_SCALE) +
      (sack === true ? Options.Size.SACK_PERMITTED : 0) +
      (timestamps === true ? Options.Size.TIMESTAMPS : 0);
    this.#guest.send(ip, Protocol.TCP, header, (b, at, pseudo) => {
      Tcp.emit(b, at, own, port, this.#iss, 0, header, SYN, Math.min(0xffff, this.#window()));
      let option = at + Tcp.HEADER;
      if (mss !== undefined) option = Options.emitMss(b, option, mss);
      if (scale !== undefined) option = Options.emitWindowScale(b, option, scale);
      if (sack === true) option = Options.emitSackPermitted(b, option);
      if (timestamps === true) Options.emitTimestamps(b, option, this.#clock(), 0);
      Tcp.setSum(b, at, finish(sum(b, at, at + header, pseudo)));
    });
  }

  #clock(): number {
    return (Math.floor(this.#guest.time.now) + 12_345) | 0;
  }

  /** The timer of what is not acknowledged: SYN, data, FIN, and a closed window. */
  #restartTimer(): void {
    const round = ++this.#timer;
    this.#guest.time.schedule(this.#rto, () => {
      if (round === this.#timer) this.#timeout();
    });
  }

  #timeout(): void {
    if (this.#rto > 4 * this.#firstRto && (this.state === 'opening' || this.state === 'open'))
      this.#guest.doubt(this.#remote.ip);
    if (this.state === 'opening') this.#syn();
    else if (this.state !== 'open') return;
    else {
      this.#next = this.#una;
      this.#cwnd = Math.max(1, this.#cwnd >> 1);
      this.#duplicates = 0;
      if (this.#edge <= this.#una && this.#una < this.#size && this.#emit(ACK, this.#una, 1)) this.#advance(1);
      this.pump();
    }
    this.#rto = Math.min(MOST_RTO, this.#rto * 2);
    this.#restartTimer();
  }
}
