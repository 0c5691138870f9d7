// One TCP connection of the host, or one to a unix socket: a non-blocking socket, read straight into the stack's ring and written straight from
// the guest's frame.
//
// It is watched edge-triggered, for everything, from its birth to its end: no call is made to say what is wanted.
// Errors that read() and write() meet are told in the next turn, for no event may come from within a call.
import type { Endpoint } from '@reslirp/stack/endpoint';
import { END, type Refusal, type TcpEvents, type TcpSocket, type UnixPath } from '@reslirp/stack/host';
import {
  type AddressCache,
  Epoll,
  Errno,
  Family,
  IpOption,
  Ipv6Option,
  isAtMark,
  Level,
  type Loop,
  libc,
  Message,
  pendingError,
  resetOnClose,
  Shutdown,
  SocketOption,
  SocketType,
  setOption,
  TcpOption,
  unixConnect,
} from '@reslirp/syscall';
import { refusalOf } from './refusal.ts';

const EVENTS = Epoll.IN | Epoll.PRI | Epoll.OUT | Epoll.RDHUP | Epoll.ET;
const ENDING = Epoll.RDHUP | Epoll.HUP | Epoll.ERR;
/** What a read stops at, though there is more behind it: the end, and the mark of urgent data (tcp(7)). */
const STOPPING = ENDING | Epoll.PRI;
const READABLE = Epoll.IN | STOPPING;
const FLAGS = Message.DONTWAIT | Message.NOSIGNAL;
/** Bytes that fit any segment but the smallest. */
const ONE_SEGMENT = 512;
const TYPE = SocketType.STREAM | SocketType.NONBLOCK | SocketType.CLOEXEC;

/** What the sockets of one host share. */
export interface TcpShared {
  readonly loop: Loop;
  /** Of rings that are read into, and of frames that are written from. */
  readonly reading: AddressCache;
  readonly writing: AddressCache;
  /** Binds a new socket to where it leaves from, and connects it; 0, or minus an error. */
  begin(fd: number, to: Endpoint): number;
  /** Fills `into` with the address that a socket is bound to. */
  localName(fd: number, into: Endpoint): boolean;
  /** The number of this turn. */
  readonly turn: number;
  /** uncork() is wanted at the end of this turn. */
  corked(socket: LinuxTcpSocket): void;
  gone(socket: LinuxTcpSocket): void;
}

const State = { CONNECTING: 0, OPEN: 1, OVER: 2 } as const;
type State = (typeof State)[keyof typeof State];

export class LinuxTcpSocket implements TcpSocket {
  readonly #events: TcpEvents;
  readonly #shared: TcpShared;
  #fd: number = -1;
  #state: State = State.CONNECTING;
  /** To a unix socket: it has no segments to fill, and nothing urgent. */
  #local: boolean = false;
  /** write() took less than all. */
  #blocked: boolean = false;
  #endTold: boolean = false;
  /** read() has taken all there was, and nothing has come since. */
  #drained: boolean = false;
  /** There has been urgent data: from then on each read asks for a mark, for the next one may come between two reads. */
  #urged: boolean = false;
  urgent: boolean = false;
  /**
   * A short read says nothing any more: its end is there behind what can be read, or the mark of urgent data (tcp(7)), or
   * somebody sent descriptors along (unix(7)).
   */
  #stops: boolean = false;
  /** The turn of the last write(), and whether something of it waits for uncork(). */
  #writtenIn: number = -1;
  #corked: boolean = false;
  /** Whether something was written, and whether Nagle's algorithm is off. */
  #begun: boolean = false;
  #prompt: boolean = false;

  /** connect() or adopt() follows. */
  constructor(events: TcpEvents, shared: TcpShared) {
    this.#events = events;
    this.#shared = shared;
  }

  connect(to: Endpoint | UnixPath, tos: number): void {
    if ('path' in to) this.#connectLocal(to.path);
    else this.#connect(to, tos);
  }

  #connect(to: Endpoint, tos: number): void {
    this.#fd = libc.socket(to.is4 ? Family.INET : Family.INET6, TYPE, 0);
    if (this.#fd >= 0 && tos !== 0) {
      if (to.is4) setOption(this.#fd, Level.IP, IpOption.TOS, tos);
      else setOption(this.#fd, Level.IPV6, Ipv6Option.TCLASS, tos);
    }
    const result = this.#fd < 0 ? this.#fd : this.#begin(to);
    if (result < 0 && result !== -Errno.EINPROGRESS) this.#breakLater(result);
  }

  #connectLocal(path: string): void {
    this.#local = true;
    this.#stops = true;
    this.#fd = libc.socket(Family.UNIX, TYPE, 0);
    const result = this.#fd < 0 ? this.#fd : unixConnect(this.#fd, path) || this.#watch();
    if (result < 0) this.#breakLater(result);
  }

  /** `fd`: a connection that was accepted; `local`: by a unix socket. */
  adopt(fd: number, local: boolean): void {
    this.#fd = fd;
    this.#local = local;
    this.#stops = local;
    this.#state = State.OPEN;
    const result = this.#watch();
    if (result < 0) this.#breakLater(result);
  }

  read(into: Uint8Array, at: number, end: number): number {
    if (this.#state !== State.OPEN || this.#endTold || this.#drained) return 0;
    const atMark = this.#urged && isAtMark(this.#fd); // what is before it, recv() gives without it
    const size = atMark ? Math.min(1, end - at) : end - at;
    const n = libc.recv(this.#fd, this.#shared.reading.of(into) + at, size, Message.DONTWAIT);
    this.#drained = n < size && !this.#stops; // epoll(7): a short read has emptied a stream
    this.urgent = atMark && n > 0;
    if (n > 0) return n;
    if (n === 0 && at < end) {
      this.#endTold = true;
      return END;
    }
    if (n < 0 && n !== -Errno.EAGAIN) this.#breakLater(n);
    return 0;
  }

  write(b: Uint8Array, at: number, end: number): number {
    if (this.#state !== State.OPEN || at === end) return 0;
    if (!this.#prompt) this.#becomePrompt(end - at);
    const n = libc.send(this.#fd, this.#shared.writing.of(b) + at, end - at, FLAGS | this.#more());
    return this.#took(n, end - at);
  }

  writeUrgent(b: Uint8Array, at: number, end: number): number {
    if (this.#local) return this.write(b, at, end);
    if (this.#state !== State.OPEN) return 0;
    if (!this.#prompt) this.#becomePrompt(end - at);
    const n = libc.send(this.#fd, this.#shared.writing.of(b) + at, end - at, FLAGS | Message.OOB);
    return this.#took(n, end - at);
  }

  local(into: Endpoint): boolean {
    return this.#state === State.OPEN && !this.#local && this.#shared.localName(this.#fd, into);
  }

  /** The end of a turn in which there were several writes. */
  uncork(): void {
    this.#corked = false;
    if (this.#state === State.OPEN) setOption(this.#fd, Level.TCP, TcpOption.NODELAY, 1); // which sends what waits
  }

  finish(): void {
    if (this.#state === State.OPEN) libc.shutdown(this.#fd, Shutdown.WR);
  }

  abort(): void {
    if (this.#fd >= 0) resetOnClose(this.#fd);
    this.#release();
  }

  /** The kernel sends what it has, and then the FIN, by itself. */
  close(): void {
    if (this.#state === State.CONNECTING) this.abort();
    else this.#release();
  }

  /** An event of the loop. */
  ready(events: number, now: number): void {
    if ((events & READABLE) !== 0) this.#drained = false;
    if ((events & STOPPING) !== 0) this.#stops = true;
    if ((events & Epoll.PRI) !== 0 && !this.#local) this.#urged = true;
    if (this.#state === State.CONNECTING) {
      this.#connected(events, now);
      return;
    }
    if ((events & READABLE) !== 0 && !this.#endTold) this.#events.readable(now);
    if ((events & Epoll.OUT) !== 0 && this.#blocked && this.#state === State.OPEN) {
      this.#blocked = false;
      this.#events.writable(now);
    }
    if ((events & Epoll.ERR) !== 0 && this.#endTold) this.#broken(now);
  }

  /**
   * A segment of its own, and a wake-up of whoever reads, for each small frame of a guest cost more than the frame. The first
   * write of a turn leaves at once, for mostly it is the only one; those after it wait for the end of the turn.
   */
  #more(): number {
    if (this.#local) return 0;
    const { turn } = this.#shared;
    const first = turn !== this.#writtenIn;
    this.#writtenIn = turn;
    if (first) return 0;
    if (!this.#corked) this.#shared.corked(this);
    this.#corked = true;
    return Message.MORE;
  }

  /** Nagle's algorithm delays nothing while nothing is in flight: many a connection has one small request, and saves the call. */
  #becomePrompt(size: number): void {
    if (this.#begun || size > ONE_SEGMENT) {
      this.#prompt = true;
      if (!this.#local) setOption(this.#fd, Level.TCP, TcpOption.NODELAY, 1);
    }
    this.#begun = true;
  }

  /** What send() says of `size` bytes. */
  #took(n: number, size: number): number {
    this.#blocked = n < size;
    if (n >= 0) return n;
    if (n !== -Errno.EAGAIN) this.#breakLater(n);
    return 0;
  }

  #begin(to: Endpoint): number {
    const result = this.#shared.begin(this.#fd, to);
    return result < 0 && result !== -Errno.EINPROGRESS ? result : this.#watch();
  }

  #watch(): number {
    setOption(this.#fd, Level.SOCKET, SocketOption.OOBINLINE, 1);
    return this.#shared.loop.add(this.#fd, EVENTS, this);
  }

  #connected(events: number, now: number): void {
    const error = (events & ENDING) === 0 ? 0 : pendingError(this.#fd);
    if (error < 0) {
      this.#fail(error, now);
      return;
    }
    this.#state = State.OPEN;
    this.#drained = (events & READABLE) === 0;
    this.#events.opened(now);
    if (this.#state === State.OPEN && !this.#drained) this.#events.readable(now); // edges that came together
  }

  /** After the end of the stream only the error queue knows of a reset. */
  #broken(now: number): void {
    const error = pendingError(this.#fd);
    if (error < 0) this.#fail(error, now);
  }

  #breakLater(error: number): void {
    this.#shared.loop.defer((now) => this.#fail(error, now));
  }

  #fail(error: number, now: number): void {
    if (this.#state === State.OVER) return;
    const opened = this.#state === State.OPEN;
    this.#release();
    this.#tell(opened, refusalOf(error), now);
  }

  #tell(opened: boolean, why: Refusal, now: number): void {
    if (opened) this.#events.failed(why, now);
    else this.#events.refused(why, now);
  }

  #release(): void {
    if (this.#state === State.OVER) return;
    this.#state = State.OVER;
    if (this.#fd >= 0) this.#shared.loop.close(this.#fd);
    this.#fd = -1;
    this.#shared.gone(this);
  }
}
