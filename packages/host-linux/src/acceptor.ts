// A listening socket of the host.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { AcceptEvents, Acceptor, Client, TcpEvents, TcpSocket } from '@reslirp/stack/host';
import {
  Epoll,
  Errno,
  getSocketAddress,
  type Loop,
  libc,
  Region,
  resetOnClose,
  SOCKET_ADDRESS_SIZE,
  SocketType,
} from '@reslirp/syscall';

/** Taken before the others of the turn have their say. */
const BATCH = 64;
/** Until the next try when there are no descriptors left, milliseconds. */
const PAUSE = 100;
const EXHAUSTED: ReadonlySet<number> = new Set([-Errno.EMFILE, -Errno.ENFILE, -Errno.ENOBUFS, -Errno.ENOMEM]);

/** What the listening sockets of one host share. */
export interface AcceptorShared {
  readonly loop: Loop;
  /** There are as many connections as there may be. */
  readonly full: boolean;
  /** The socket of an accepted connection; `local`: to a unix socket. */
  adopt(fd: number, local: boolean, events: TcpEvents): TcpSocket;
  /** resume() is wanted. */
  paused(acceptor: LinuxAcceptor): void;
  gone(acceptor: LinuxAcceptor): void;
}

export class LinuxAcceptor implements Acceptor, Client {
  readonly from: Endpoint = Endpoint.of4(0);
  readonly #events: AcceptEvents;
  readonly #shared: AcceptorShared;
  /** Of a unix socket. */
  readonly #path: string | null;
  readonly #name: Region = new Region(SOCKET_ADDRESS_SIZE);
  readonly #size: Region = new Region(4);
  #fd: number;
  /** The client at hand, until it is taken. */
  #client: number = -1;
  /** When accept() is worth another try. */
  #pausedUntil: number = Infinity;

  /** `fd` listens, at `path` when it is a unix socket. open() follows. */
  constructor(fd: number, path: string | null, events: AcceptEvents, shared: AcceptorShared) {
    this.#fd = fd;
    this.#path = path;
    this.#events = events;
    this.#shared = shared;
  }

  get isOpen(): boolean {
    return this.#fd >= 0;
  }

  /** 0, or minus an error. */
  open(): number {
    return this.#shared.loop.add(this.#fd, Epoll.IN, this);
  }

  close(): void {
    if (this.#fd < 0) return;
    if (this.#path !== null) libc.unlink(this.#path); // first: as long as we listen it is nobody else's
    this.#shared.loop.close(this.#fd);
    this.#fd = -1;
    this.#shared.gone(this);
  }

  /** An event of the loop. */
  ready(_events: number, now: number): void {
    for (let i = 0; i < BATCH && this.#fd >= 0; i++) {
      this.#size.view.setUint32(0, SOCKET_ADDRESS_SIZE, true);
      const flags = SocketType.NONBLOCK | SocketType.CLOEXEC;
      const fd = libc.accept(this.#fd, this.#name.address, this.#size.address, flags);
      if (fd === -Errno.EAGAIN) return;
      if (EXHAUSTED.has(fd)) {
        this.#pause(now);
        return;
      }
      if (fd >= 0) this.#offer(fd, now); // else the client has left already
    }
  }

  take(events: TcpEvents): TcpSocket {
    const fd = this.#client;
    this.#client = -1;
    return this.#shared.adopt(fd, this.#path !== null, events);
  }

  /** Ends a pause that is over. Returns when it will be; Infinity when there is none any more. */
  resume(now: number): number {
    if (this.#fd < 0) return Infinity;
    if (this.#pausedUntil > now) return this.#pausedUntil;
    this.#pausedUntil = Infinity;
    this.#shared.loop.modify(this.#fd, Epoll.IN);
    return Infinity;
  }

  #offer(fd: number, now: number): void {
    this.#client = fd;
    if (!this.#shared.full && this.#isKnown()) this.#events.accepted(this, now);
    if (this.#client < 0) return;
    this.#client = -1;
    resetOnClose(fd); // nobody wanted it
    libc.close(fd);
  }

  /** Clients of a unix socket have no address. */
  #isKnown(): boolean {
    return this.#path !== null || getSocketAddress(this.#name, 0, this.from);
  }

  #pause(now: number): void {
    this.#pausedUntil = now + PAUSE;
    this.#shared.loop.modify(this.#fd, 0);
    this.#shared.paused(this);
  }
}
