// ICMP echo through a ping socket (icmp(7)), which any process may open whose group net.ipv4.ping_group_range allows; else
// through a raw one, which needs CAP_NET_RAW.
//
// A ping socket has an identifier that the kernel chose, and hears its own replies. A raw one hears everybody's: ours are
// those with the identifier that we chose.
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { EchoEvents, EchoSocket } from '@reslirp/stack/host';
import {
  type Datagrams,
  Epoll,
  Errno,
  ErrorOrigin,
  type ErrorQueue,
  Family,
  IpOption,
  Level,
  type Loop,
  libc,
  Message,
  Protocol,
  putSocketAddress,
  RawOption,
  Region,
  SocketType,
  setOption,
} from '@reslirp/syscall';
import { finish, sum } from '@reslirp/wire/checksum';
import { refusalOf } from './refusal.ts';
import type { QueuedReport } from './report.ts';

const FLAGS = SocketType.NONBLOCK | SocketType.CLOEXEC;
const REQUEST = 8;
const REPLY = 0;
/** ICMP header of echo: type, code, sum 2, identifier 2, sequence 2. */
const HEADER = 8;
const LARGEST = 65_535 - 20;
const ALL_BUT_REPLIES = ~1;

/** What the sockets of one host share. */
export interface EchoShared {
  readonly loop: Loop;
  readonly datagrams: Datagrams;
  readonly errors: ErrorQueue;
  readonly report: QueuedReport;
  /** For one socket address. */
  readonly name: Region;
  /** For one message. */
  readonly echoes: Region;
  /** Binds a new socket to where it leaves from; 0, or minus an error. */
  bindEcho(fd: number): number;
  /** A message was lost for want of room. */
  lost(): void;
  gone(socket: LinuxEchoSocket): void;
}

/** Memory for EchoShared.echoes. */
export function echoMemory(): Region {
  return new Region(LARGEST);
}

export class LinuxEchoSocket implements EchoSocket {
  readonly #events: EchoEvents;
  readonly #shared: EchoShared;
  #fd: number;
  readonly #raw: boolean;
  readonly #id: number;
  readonly #peer: Endpoint;
  #hops: number = -1;
  #tos: number = 0;

  /** `id`: for a raw socket; `peer`: scratch. */
  constructor(id: number, peer: Endpoint, events: EchoEvents, shared: EchoShared) {
    this.#events = events;
    this.#shared = shared;
    this.#peer = peer;
    this.#id = id;
    this.#fd = libc.socket(Family.INET, SocketType.DGRAM | FLAGS, Protocol.ICMP);
    this.#raw = this.#fd === -Errno.EACCES || this.#fd === -Errno.EPERM;
    if (this.#raw) this.#fd = libc.socket(Family.INET, SocketType.RAW | FLAGS, Protocol.ICMP);
  }

  /** 0, or minus an error: the socket is then gone. */
  open(): number {
    if (this.#fd < 0) return this.#fd;
    setOption(this.#fd, Level.IP, IpOption.RECVERR, 1);
    if (this.#raw) setOption(this.#fd, Level.RAW, RawOption.ICMP_FILTER, ALL_BUT_REPLIES);
    const bound = this.#shared.bindEcho(this.#fd);
    const result = bound < 0 ? bound : this.#shared.loop.add(this.#fd, Epoll.IN, this);
    if (result >= 0) return 0;
    libc.close(this.#fd);
    this.#fd = -1;
    return result;
  }

  send(to: Endpoint, sequence: number, hops: number, tos: number, b: Uint8Array, at: number, end: number): void {
    const size = HEADER + end - at;
    if (this.#fd < 0 || !to.is4 || size > LARGEST) return;
    this.#dress(hops, tos);
    const { echoes, name, loop } = this.#shared;
    this.#write(sequence, b, at, end);
    const nameSize = putSocketAddress(name, 0, to);
    const flags = Message.DONTWAIT | Message.NOSIGNAL;
    let result = libc.sendto(this.#fd, echoes.address, size, flags, name.address, nameSize);
    // An error of an earlier request may come out here: then this one has not been tried yet
    if (result < 0 && result !== -Errno.EAGAIN)
      result = libc.sendto(this.#fd, echoes.address, size, flags, name.address, nameSize);
    if (result >= 0) return;
    if (result === -Errno.EAGAIN || result === -Errno.ENOBUFS) {
      this.#shared.lost();
      return;
    }
    const target = to.copy();
    loop.defer((now) => {
      if (this.#fd >= 0) this.#events.undeliverable(target, sequence, refusalOf(result), null, now);
    });
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#shared.loop.close(this.#fd);
    this.#fd = -1;
    this.#shared.gone(this);
  }

  /** An event of the loop. */
  ready(events: number, now: number): void {
    if ((events & Epoll.ERR) !== 0) this.#hearErrors(now);
    if ((events & Epoll.IN) !== 0) this.#receive(now);
  }

  /** TTL and type of service are the socket's. */
  #dress(hops: number, tos: number): void {
    if (hops !== this.#hops) setOption(this.#fd, Level.IP, IpOption.TTL, Math.min(255, Math.max(1, hops)));
    if (tos !== this.#tos) setOption(this.#fd, Level.IP, IpOption.TOS, tos);
    this.#hops = hops;
    this.#tos = tos;
  }

  #write(sequence: number, b: Uint8Array, at: number, end: number): void {
    const { view, bytes } = this.#shared.echoes;
    view.setUint16(0, REQUEST << 8);
    view.setUint16(2, 0);
    view.setUint16(4, this.#id);
    view.setUint16(6, sequence);
    bytes.set(b.subarray(at, end), HEADER);
    if (this.#raw) view.setUint16(2, finish(sum(bytes, 0, HEADER + end - at)));
  }

  #receive(now: number): void {
    const { datagrams } = this.#shared;
    const n = datagrams.receive(this.#fd);
    const { bytes } = datagrams;
    for (let i = 0; i < n && this.#fd >= 0; i++) {
      const start = datagrams.start(i);
      const at = start + (this.#raw ? (bytes[start]! & 15) * 4 : 0);
      const end = datagrams.end(i);
      if (end - at < HEADER || bytes[at] !== REPLY || !datagrams.from(i, this.#peer)) continue;
      if (this.#raw && word(bytes, at + 4) !== this.#id) continue;
      this.#events.replied(this.#peer, word(bytes, at + 6), bytes, at + HEADER, end, now);
    }
  }

  #hearErrors(now: number): void {
    const { errors, report } = this.#shared;
    while (this.#fd >= 0 && errors.next(this.#fd)) {
      if (errors.origin !== ErrorOrigin.ICMP || errors.length < HEADER || !errors.destination(this.#peer)) continue;
      if (this.#raw && word(errors.bytes, 4) !== this.#id) continue;
      const sequence = word(errors.bytes, 6);
      this.#events.undeliverable(this.#peer, sequence, refusalOf(-errors.errno), report.of(errors), now);
    }
  }
}

function word(b: Uint8Array, at: number): number {
  return (b[at]! << 8) | b[at + 1]!;
}
