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
  Ipv6Option,
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
  setWords,
} from '@reslirp/syscall';
import { finish, sum } from '@reslirp/wire/checksum';
import { refusalOf } from './refusal.ts';
import type { QueuedReport } from './report.ts';

const FLAGS = SocketType.NONBLOCK | SocketType.CLOEXEC;
/** What the IP versions call things. Types: RFC 792 and RFC 4443 4. */
const FAMILIES = {
  4: {
    family: Family.INET,
    protocol: Protocol.ICMP,
    request: 8,
    reply: 0,
    origin: ErrorOrigin.ICMP,
    level: Level.IP,
    errors: IpOption.RECVERR,
    hops: IpOption.TTL,
    tos: IpOption.TOS,
  },
  6: {
    family: Family.INET6,
    protocol: Protocol.ICMP6,
    request: 128,
    reply: 129,
    origin: ErrorOrigin.ICMP6,
    level: Level.IPV6,
    errors: Ipv6Option.RECVERR,
    hops: Ipv6Option.UNICAST_HOPS,
    tos: Ipv6Option.TCLASS,
  },
} as const;
/** ICMP header of echo: type, code, sum 2, identifier 2, sequence 2. */
const HEADER = 8;
const LARGEST = 65_535 - 20;
/** Bits of types that are not heard: of ICMP one word, of ICMPv6 eight (icmp6_filter, <linux/icmpv6.h>). */
const ALL_BUT_REPLIES = ~1;
const ALL_BUT_REPLIES6: readonly number[] = [-1, -1, -1, -1, ~(1 << (129 - 128)), -1, -1, -1];

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
  bindEcho(fd: number, family: 4 | 6): number;
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
  readonly #family: 4 | 6;
  readonly #id: number;
  readonly #peer: Endpoint;
  #hops: number = -1;
  #tos: number = 0;

  /** `id`: for a raw socket; `peer`: scratch. */
  constructor(family: 4 | 6, id: number, peer: Endpoint, events: EchoEvents, shared: EchoShared) {
    this.#family = family;
    this.#events = events;
    this.#shared = shared;
    this.#peer = peer;
    this.#id = id;
    const { family: domain, protocol } = FAMILIES[family];
    this.#fd = libc.socket(domain, SocketType.DGRAM | FLAGS, protocol);
    this.#raw = this.#fd === -Errno.EACCES || this.#fd === -Errno.EPERM;
    if (this.#raw) this.#fd = libc.socket(domain, SocketType.RAW | FLAGS, protocol);
  }

  /** 0, or minus an error: the socket is then gone. */
  open(): number {
    if (this.#fd < 0) return this.#fd;
    const { level, errors } = FAMILIES[this.#family];
    setOption(this.#fd, level, errors, 1);
    if (this.#raw) this.#filter();
    const bound = this.#shared.bindEcho(this.#fd, this.#family);
    const result = bound < 0 ? bound : this.#shared.loop.add(this.#fd, Epoll.IN, this);
    if (result >= 0) return 0;
    libc.close(this.#fd);
    this.#fd = -1;
    return result;
  }

  #filter(): void {
    if (this.#family === 4) setOption(this.#fd, Level.RAW, RawOption.ICMP_FILTER, ALL_BUT_REPLIES);
    else setWords(this.#fd, Level.ICMPV6, RawOption.ICMPV6_FILTER, ALL_BUT_REPLIES6);
  }

  send(to: Endpoint, sequence: number, hops: number, tos: number, b: Uint8Array, at: number, end: number): void {
    const size = HEADER + end - at;
    if (this.#fd < 0 || to.is4 !== (this.#family === 4) || size > LARGEST) return;
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
    const { level, hops: hopsOption, tos: tosOption } = FAMILIES[this.#family];
    if (hops !== this.#hops) setOption(this.#fd, level, hopsOption, Math.min(255, Math.max(1, hops)));
    if (tos !== this.#tos) setOption(this.#fd, level, tosOption, tos);
    this.#hops = hops;
    this.#tos = tos;
  }

  #write(sequence: number, b: Uint8Array, at: number, end: number): void {
    const { view, bytes } = this.#shared.echoes;
    view.setUint16(0, FAMILIES[this.#family].request << 8);
    view.setUint16(2, 0);
    view.setUint16(4, this.#id);
    view.setUint16(6, sequence);
    bytes.set(b.subarray(at, end), HEADER);
    // Of ICMPv6 the kernel makes it, which knows the pseudo header
    if (this.#raw && this.#family === 4) view.setUint16(2, finish(sum(bytes, 0, HEADER + end - at)));
  }

  #receive(now: number): void {
    const { datagrams } = this.#shared;
    const n = datagrams.receive(this.#fd);
    const { bytes } = datagrams;
    const { reply } = FAMILIES[this.#family];
    const hasHeader = this.#raw && this.#family === 4;
    for (let i = 0; i < n && this.#fd >= 0; i++) {
      const start = datagrams.start(i);
      const at = start + (hasHeader ? (bytes[start]! & 15) * 4 : 0);
      const end = datagrams.end(i);
      if (end - at < HEADER || bytes[at] !== reply || !datagrams.from(i, this.#peer)) continue;
      if (this.#raw && word(bytes, at + 4) !== this.#id) continue;
      this.#events.replied(this.#peer, word(bytes, at + 6), bytes, at + HEADER, end, now);
    }
  }

  #hearErrors(now: number): void {
    const { errors, report } = this.#shared;
    const { origin } = FAMILIES[this.#family];
    while (this.#fd >= 0 && errors.next(this.#fd)) {
      if (errors.origin !== origin || errors.length < HEADER || !errors.destination(this.#peer)) continue;
      if (this.#raw && word(errors.bytes, 4) !== this.#id) continue;
      const sequence = word(errors.bytes, 6);
      this.#events.undeliverable(this.#peer, sequence, refusalOf(-errors.errno), report.of(errors), now);
    }
  }
}

function word(b: Uint8Array, at: number): number {
  return (b[at]! << 8) | b[at + 1]!;
}
