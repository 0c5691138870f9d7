import { Endpoint } from '@reslirp/stack/endpoint';
import {
  type AcceptEvents,
  type Acceptor,
  type BindEvents,
  type BoundUdpEvents,
  type EchoEvents,
  type EchoSocket,
  type Host,
  Refusal,
  type TcpEvents,
  type TcpSocket,
  type UdpEvents,
  type UdpSocket,
  type UnixPath,
} from '@reslirp/stack/host';
import {
  AddressCache,
  bindToInterface,
  Datagrams,
  Errno,
  ErrorQueue,
  Family,
  getSocketAddress,
  Ipv6Option,
  Level,
  type Loop,
  libc,
  putSocketAddress,
  Region,
  SegmentedSend,
  SOCKET_ADDRESS_SIZE,
  SocketOption,
  SocketType,
  setOption,
  type TurnEnd,
  unixListener,
} from '@reslirp/syscall';
import { type AcceptorShared, LinuxAcceptor } from './acceptor.ts';
import { Burst } from './burst.ts';
import { type EchoShared, echoMemory, LinuxEchoSocket } from './echo.ts';
import { bindFaultOf } from './refusal.ts';
import { QueuedReport } from './report.ts';
import { LinuxTcpSocket, type TcpShared } from './tcp.ts';
import { LinuxUdpSocket, type UdpShared } from './udp.ts';

/** Received in one call. */
const BATCH = 16;
const LARGEST_DATAGRAM = 65_536;
const LISTENER = SocketType.STREAM | SocketType.NONBLOCK | SocketType.CLOEXEC;
/** Connections that wait to be accepted. */
const BACKLOG = 1_024;

export interface LinuxHostOptions {
  readonly loop: Loop;
  /** Addresses that sockets of their family leave from: the system's choice. */
  readonly localAddress4?: string;
  readonly localAddress6?: string;
  /** Name of the interface that everything leaves by: the routes' choice. Without it a connect is refused as HOST_UNREACHABLE. */
  readonly interface?: string;
  /** TCP sockets at once: 16,384. Beyond them a connect is refused as EXHAUSTED. */
  readonly maxSockets?: number;
  /** UDP sockets at once: 8,192. Beyond them udp() returns null. */
  readonly maxDatagramSockets?: number;
}

export interface LinuxHost extends Host {
  /** Open sockets, and datagrams that were lost for want of room. */
  stats(): { tcpSockets: number; udpSockets: number; echoSockets: number; datagramsLost: number };
  /** Resets every connection and closes every socket; there are no more events, and no more sockets. */
  close(): void;
}

/** Non-blocking sockets on an epoll loop. Throws a TypeError for a local address that is none. */
export function linuxHost(options: LinuxHostOptions): LinuxHost {
  return new SocketHost(options);
}

class SocketHost implements LinuxHost, TcpShared, UdpShared, AcceptorShared, EchoShared {
  readonly loop: Loop;
  readonly reading: AddressCache = new AddressCache();
  readonly writing: AddressCache = new AddressCache();
  readonly datagrams: Datagrams = new Datagrams(BATCH, LARGEST_DATAGRAM);
  readonly errors: ErrorQueue = new ErrorQueue();
  readonly burst: Burst = new Burst();
  readonly segmented: SegmentedSend = new SegmentedSend();
  readonly report: QueuedReport = new QueuedReport();
  readonly echoes: Region = echoMemory();
  readonly name: Region = new Region(SOCKET_ADDRESS_SIZE);
  readonly #nameSize: Region = new Region(4);
  readonly #local4: Endpoint;
  readonly #local6: Endpoint;
  readonly #interface: string | null;
  readonly #maxSockets: number;
  readonly #maxDatagramSockets: number;
  readonly #tcp: Set<LinuxTcpSocket> = new Set();
  readonly #udp: Set<LinuxUdpSocket> = new Set();
  readonly #echoes: Set<LinuxEchoSocket> = new Set();
  readonly #acceptors: Set<LinuxAcceptor> = new Set();
  /** Of them, those that wait for descriptors. */
  readonly #paused: Set<LinuxAcceptor> = new Set();
  readonly #peer: Endpoint = new Endpoint();
  /** Of raw sockets. Other programs begin with theirs somewhere too. */
  #nextEchoId: number = Math.floor(Math.random() * 0x1_0000);
  /** Sockets that have something to send at the end of this turn. */
  readonly #corked: LinuxTcpSocket[] = [];
  readonly #ending: TurnEnd = (now) => this.#turnEnd(now);
  #ignore: () => void;
  turn: number = 0;
  /** The instant of the last turn that we have ended. */
  #endedAt: number = Number.NaN;
  #lost: number = 0;
  #closed: boolean = false;

  constructor(options: LinuxHostOptions) {
    this.loop = options.loop;
    this.#local4 = local('localAddress4', options.localAddress4 ?? '0.0.0.0', true);
    this.#local6 = local('localAddress6', options.localAddress6 ?? '::', false);
    this.#interface = options.interface ?? null;
    this.#maxSockets = options.maxSockets ?? 16_384;
    this.#maxDatagramSockets = options.maxDatagramSockets ?? 8_192;
    this.#ignore = this.loop.onTurnEnd(this.#ending);
  }

  connect(to: Endpoint | UnixPath, events: TcpEvents, tos: number = 0): TcpSocket {
    if (this.#closed || this.#tcp.size >= this.#maxSockets) return refused(this.loop, events);
    const socket = new LinuxTcpSocket(events, this);
    this.#tcp.add(socket);
    socket.connect(to, tos);
    return socket;
  }

  udp(family: 4 | 6, events: UdpEvents): UdpSocket | null {
    if (this.#closed || this.#udp.size >= this.#maxDatagramSockets) return null;
    const socket = new LinuxUdpSocket(family, events, this);
    if (socket.open(null) < 0) return null;
    this.#udp.add(socket);
    return socket;
  }

  echo(family: 4 | 6, events: EchoEvents): EchoSocket | null {
    if (this.#closed || this.#echoes.size >= this.#maxDatagramSockets) return null;
    const socket = new LinuxEchoSocket(family, this.#nextEchoId++ & 0xffff, this.#peer, events, this);
    if (socket.open() < 0) return null;
    this.#echoes.add(socket);
    return socket;
  }

  accept(at: Endpoint | UnixPath, events: AcceptEvents): Acceptor {
    const path = 'path' in at ? at.path : null;
    const fd = this.#closed
      ? -Errno.EMFILE
      : 'path' in at
        ? unixListener(at.path, LISTENER, BACKLOG)
        : this.#listen(at);
    const acceptor = new LinuxAcceptor(fd, path, events, this);
    if (fd < 0) return this.#unbound(events, fd);
    const watched = acceptor.open();
    if (watched < 0) {
      acceptor.close();
      return this.#unbound(events, watched);
    }
    this.#acceptors.add(acceptor);
    this.#tellBound(events, fd, () => acceptor.isOpen);
    return acceptor;
  }

  udpAt(at: Endpoint, events: BoundUdpEvents): UdpSocket {
    const full = this.#closed || this.#udp.size >= this.#maxDatagramSockets;
    const socket = new LinuxUdpSocket(at.is4 ? 4 : 6, events, this);
    const result = full ? -Errno.EMFILE : socket.open(at);
    if (result < 0) {
      socket.close();
      return { ...this.#unbound(events, result), send: () => {} };
    }
    this.#udp.add(socket);
    this.#tellBound(events, socket.fd, () => socket.fd >= 0);
    return socket;
  }

  stats(): ReturnType<LinuxHost['stats']> {
    return {
      tcpSockets: this.#tcp.size,
      udpSockets: this.#udp.size,
      echoSockets: this.#echoes.size,
      datagramsLost: this.#lost,
    };
  }

  close(): void {
    this.#closed = true;
    this.#ignore();
    for (const socket of this.#tcp) socket.abort();
    for (const socket of this.#udp) socket.close();
    for (const socket of this.#echoes) socket.close();
    for (const acceptor of this.#acceptors) acceptor.close();
  }

  get full(): boolean {
    return this.#tcp.size >= this.#maxSockets;
  }

  adopt(fd: number, local: boolean, events: TcpEvents): TcpSocket {
    const socket = new LinuxTcpSocket(events, this);
    this.#tcp.add(socket);
    socket.adopt(fd, local);
    return socket;
  }

  paused(acceptor: LinuxAcceptor): void {
    this.#paused.add(acceptor);
  }

  begin(fd: number, to: Endpoint): number {
    const from = to.is4 ? this.#local4 : this.#local6;
    const device = this.#bindToInterface(fd);
    const bound = device < 0 || isAny(from) ? device : this.bind(fd, from);
    return bound < 0 ? bound : libc.connect(fd, this.name.address, putSocketAddress(this.name, 0, to));
  }

  bindEcho(fd: number, family: 4 | 6): number {
    const device = this.#bindToInterface(fd);
    const from = family === 4 ? this.#local4 : this.#local6;
    return device < 0 || isAny(from) ? device : this.bind(fd, from);
  }

  bindOut(fd: number, family: 4 | 6): number {
    const device = this.#bindToInterface(fd);
    return device < 0 ? device : this.bind(fd, family === 4 ? this.#local4 : this.#local6);
  }

  #bindToInterface(fd: number): number {
    return this.#interface === null ? 0 : bindToInterface(fd, this.#interface);
  }

  bind(fd: number, at: Endpoint): number {
    return libc.bind(fd, this.name.address, putSocketAddress(this.name, 0, at));
  }

  localName(fd: number, into: Endpoint): boolean {
    this.#nameSize.view.setUint32(0, SOCKET_ADDRESS_SIZE, true);
    const result = libc.getsockname(fd, this.name.address, this.#nameSize.address);
    return result >= 0 && getSocketAddress(this.name, 0, into);
  }

  lost(): void {
    this.#lost++;
  }

  /** Who writes at the end of a turn, or between two, may come after us: then we are asked once more. */
  corked(socket: LinuxTcpSocket): void {
    if (this.#corked.length === 0 && this.loop.now() === this.#endedAt) {
      this.#ignore();
      this.#ignore = this.loop.onTurnEnd(this.#ending);
    }
    this.#corked.push(socket);
  }

  gone(socket: LinuxTcpSocket | LinuxUdpSocket | LinuxEchoSocket | LinuxAcceptor): void {
    if (socket instanceof LinuxAcceptor) this.#acceptors.delete(socket);
    else if (socket instanceof LinuxEchoSocket) this.#echoes.delete(socket);
    else if (socket instanceof LinuxTcpSocket) this.#tcp.delete(socket);
    else this.#udp.delete(socket);
  }

  #turnEnd(now: number): number {
    this.turn++;
    this.#endedAt = now;
    for (const socket of this.#corked) socket.uncork();
    this.#corked.length = 0;
    this.burst.flush();
    return this.#resume(now);
  }

  /** Whoever has paused for long enough accepts again. Returns when the next one will have. */
  #resume(now: number): number {
    let next = Infinity;
    for (const acceptor of this.#paused) {
      const until = acceptor.resume(now);
      if (until === Infinity) this.#paused.delete(acceptor);
      else next = Math.min(next, until);
    }
    return next;
  }

  /** A descriptor, or minus an error. */
  #listen(at: Endpoint): number {
    const fd = libc.socket(at.is4 ? Family.INET : Family.INET6, LISTENER, 0);
    if (fd < 0) return fd;
    if (!at.is4) setOption(fd, Level.IPV6, Ipv6Option.V6ONLY, 1);
    setOption(fd, Level.SOCKET, SocketOption.REUSEADDR, 1);
    const bound = this.bind(fd, at);
    const result = bound < 0 ? bound : libc.listen(fd, BACKLOG);
    if (result >= 0) return fd;
    libc.close(fd);
    return result;
  }

  #tellBound(events: BindEvents, fd: number, still: () => boolean): void {
    const at = Endpoint.of4(0);
    this.localName(fd, at);
    this.loop.defer((now) => {
      if (still()) events.bound(at, now);
    });
  }

  /** What there is instead of a socket that could not be had. */
  #unbound(events: BindEvents, result: number): Acceptor {
    let silent = false;
    this.loop.defer((now) => {
      if (!silent && !this.#closed) events.unbound(bindFaultOf(result), now);
    });
    return {
      close: () => {
        silent = true;
      },
    };
  }
}

function local(option: string, text: string, is4: boolean): Endpoint {
  const e = Endpoint.parse(text);
  if (e === null || e.is4 !== is4) throw new TypeError(`${option}: '${text}' is no IPv${is4 ? 4 : 6} address`);
  return e;
}

function isAny(e: Endpoint): boolean {
  return e.w0 === 0 && e.w1 === 0 && e.w3 === 0;
}

/** A socket that never was: there are too many already. */
function refused(loop: Loop, events: TcpEvents): TcpSocket {
  let silent = false;
  const silence = (): void => {
    silent = true;
  };
  loop.defer((now) => {
    if (!silent) events.refused(Refusal.EXHAUSTED, now);
    silent = true;
  });
  return { read: () => 0, write: () => 0, finish: () => {}, abort: silence, close: silence };
}
