// One UDP socket of the host: unconnected, so that it talks to anybody from one port (RFC 4787 REQ-1).
// Datagrams leave from the guest's frame at once, and come many at a time. The error queue (IP_RECVERR, ip(7)) tells which
// datagram did not arrive, and why.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { UdpEvents, UdpSocket } from '@reslirp/stack/host';
import {
  type AddressCache,
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
  putSocketAddress,
  type Region,
  type SegmentedSend,
  SocketOption,
  SocketType,
  setOption,
} from '@reslirp/syscall';
import type { Burst, BurstSocket } from './burst.ts';
import { refusalOf } from './refusal.ts';
import type { QueuedReport } from './report.ts';

const TYPE = SocketType.DGRAM | SocketType.NONBLOCK | SocketType.CLOEXEC;
/** A socket that many send to does not keep the others waiting: the rest comes in the next turn. */
const ROUNDS = 4;
/** A kernel before 4.18, or a device that cannot sum. */
const CANNOT_SEGMENT: ReadonlySet<number> = new Set([-Errno.ENOPROTOOPT, -Errno.EOPNOTSUPP, -Errno.EIO]);

/** What the sockets of one host share. */
export interface UdpShared {
  readonly loop: Loop;
  readonly writing: AddressCache;
  readonly datagrams: Datagrams;
  readonly burst: Burst;
  readonly segmented: SegmentedSend;
  readonly errors: ErrorQueue;
  readonly report: QueuedReport;
  /** For one socket address. */
  readonly name: Region;
  /** 0, or minus an error. */
  bind(fd: number, at: Endpoint): number;
  bindOut(fd: number, family: 4 | 6): number;
  /** A datagram was lost for want of room. */
  lost(): void;
  gone(socket: LinuxUdpSocket): void;
}

export class LinuxUdpSocket implements UdpSocket, BurstSocket {
  readonly #is4: boolean;
  readonly #events: UdpEvents;
  readonly #shared: UdpShared;
  readonly #peer: Endpoint = new Endpoint();
  #fd: number;
  /** To one, and to groups: two settings of a socket, whose defaults are not the same. */
  #hops: number = -1;
  #groupHops: number = -1;
  #tos: number = 0;
  /** The kernel cuts for us. */
  #segments: boolean = true;

  constructor(family: 4 | 6, events: UdpEvents, shared: UdpShared) {
    this.#is4 = family === 4;
    this.#events = events;
    this.#shared = shared;
    this.#fd = libc.socket(this.#is4 ? Family.INET : Family.INET6, TYPE, 0);
  }

  get fd(): number {
    return this.#fd;
  }

  /** Binds it, to where the host's sockets leave from when `at` is null. 0, or minus an error: the socket is then gone. */
  open(at: Endpoint | null): number {
    if (this.#fd < 0) return this.#fd;
    if (this.#is4) setOption(this.#fd, Level.IP, IpOption.RECVERR, 1);
    else {
      setOption(this.#fd, Level.IPV6, Ipv6Option.V6ONLY, 1);
      setOption(this.#fd, Level.IPV6, Ipv6Option.RECVERR, 1);
    }
    setOption(this.#fd, Level.SOCKET, SocketOption.BROADCAST, 1);
    const bound = at === null ? this.#shared.bindOut(this.#fd, this.#is4 ? 4 : 6) : this.#shared.bind(this.#fd, at);
    const result = bound < 0 ? bound : this.#shared.loop.add(this.#fd, Epoll.IN, this);
    if (result >= 0) return 0;
    libc.close(this.#fd);
    this.#fd = -1;
    return result;
  }

  send(to: Endpoint, hops: number, b: Uint8Array, at: number, end: number, tos: number = 0): void {
    if (this.#fd < 0) return;
    if (to.port === 0 || to.is4 !== this.#is4) {
      this.#shared.lost();
      return;
    }
    if (this.#shared.burst.add(this, to, hops, tos, b, at, end)) return;
    this.#dress(to, hops, tos);
    this.#sendOne(to, this.#shared.writing.of(b) + at, end - at);
  }

  /** What one turn had for one place. */
  depart(to: Endpoint, hops: number, tos: number, address: number, length: number, size: number): void {
    if (this.#fd < 0) return;
    this.#dress(to, hops, tos);
    if (length > size && this.#segments && this.#sendSegments(to, address, length, size)) return;
    for (let at = 0; at < length; at += size) this.#sendOne(to, address + at, Math.min(size, length - at));
  }

  close(): void {
    this.#shared.burst.leave(this);
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
  #dress(to: Endpoint, hops: number, tos: number): void {
    const toGroup = to.isGroup;
    if (hops !== (toGroup ? this.#groupHops : this.#hops)) this.#setHops(toGroup, hops);
    if (tos !== this.#tos) {
      if (this.#is4) setOption(this.#fd, Level.IP, IpOption.TOS, tos);
      else setOption(this.#fd, Level.IPV6, Ipv6Option.TCLASS, tos);
      this.#tos = tos;
    }
  }

  #setHops(toGroup: boolean, hops: number): void {
    const ttl = Math.min(255, Math.max(1, hops));
    if (this.#is4) setOption(this.#fd, Level.IP, toGroup ? IpOption.MULTICAST_TTL : IpOption.TTL, ttl);
    else setOption(this.#fd, Level.IPV6, toGroup ? Ipv6Option.MULTICAST_HOPS : Ipv6Option.UNICAST_HOPS, ttl);
    if (toGroup) this.#groupHops = hops;
    else this.#hops = hops;
  }

  /** False when they have to go one by one: they are too large for the way there, or an earlier error came out here. */
  #sendSegments(to: Endpoint, address: number, length: number, size: number): boolean {
    const { name, segmented } = this.#shared;
    const result = segmented.send(this.#fd, name, putSocketAddress(name, 0, to), address, length, size);
    if (result === -Errno.EAGAIN || result === -Errno.ENOBUFS) {
      for (let at = 0; at < length; at += size) this.#shared.lost();
      return true;
    }
    if (CANNOT_SEGMENT.has(result)) this.#segments = false;
    return result >= 0;
  }

  #sendOne(to: Endpoint, address: number, size: number): void {
    const result = this.#sendTo(to, address, size);
    if (result >= 0) return;
    if (result === -Errno.EAGAIN || result === -Errno.ENOBUFS) this.#shared.lost();
    else this.#undeliverable(to.copy(), result);
  }

  /** An error of an earlier datagram may come out here: then this one has not been tried yet. */
  #sendTo(to: Endpoint, address: number, size: number): number {
    const { name } = this.#shared;
    const nameSize = putSocketAddress(name, 0, to);
    const flags = Message.DONTWAIT | Message.NOSIGNAL;
    const result = libc.sendto(this.#fd, address, size, flags, name.address, nameSize);
    if (result >= 0 || result === -Errno.EAGAIN || result === -Errno.EMSGSIZE) return result;
    return libc.sendto(this.#fd, address, size, flags, name.address, nameSize);
  }

  #undeliverable(to: Endpoint, error: number): void {
    this.#shared.loop.defer((now) => {
      if (this.#fd >= 0) this.#events.undeliverable(to, refusalOf(error), null, now);
    });
  }

  #receive(now: number): void {
    const { datagrams } = this.#shared;
    for (let round = 0; round < ROUNDS; round++) {
      const n = datagrams.receive(this.#fd);
      for (let i = 0; i < n && this.#fd >= 0; i++) {
        if (!datagrams.from(i, this.#peer)) continue;
        this.#events.received(this.#peer, datagrams.bytes, datagrams.start(i), datagrams.end(i), now);
      }
      if (n < datagrams.count || this.#fd < 0) return;
    }
  }

  #hearErrors(now: number): void {
    const { errors, report } = this.#shared;
    while (this.#fd >= 0 && errors.next(this.#fd)) {
      const fromNetwork = errors.origin === ErrorOrigin.ICMP || errors.origin === ErrorOrigin.ICMP6;
      if (!fromNetwork || !errors.destination(this.#peer)) continue;
      this.#events.undeliverable(this.#peer, refusalOf(-errors.errno), report.of(errors), now);
    }
  }
}
