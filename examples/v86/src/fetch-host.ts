// A host for the stack where there are no sockets: a connection to port 80 is one request of HTTP, which fetch() makes.
// The gateway's port 80 is the server that the page is from. Everything else is refused.
import type { Endpoint } from '@reslirp/stack/endpoint';
import {
  type AcceptEvents,
  type Acceptor,
  type BindEvents,
  BindFault,
  END,
  type Host,
  Refusal,
  type TcpEvents,
  type TcpSocket,
  type UdpSocket,
} from '@reslirp/stack/host';
import { Request } from './request.ts';

const HTTP = 80;
/** Where the gateway's address leads (Config.hostLoopback). */
const THIS_MACHINE = '127.0.0.1';

export class FetchHost implements Host {
  readonly #now: () => number;

  /** `now`: begins a turn, and is its instant. */
  constructor(now: () => number) {
    this.#now = now;
  }

  connect(to: Endpoint, events: TcpEvents): TcpSocket {
    return new Conversation(to.port === HTTP, to.address() === THIS_MACHINE, events, this.#now);
  }

  udp(): UdpSocket | null {
    return null;
  }

  accept(at: Endpoint, events: AcceptEvents): Acceptor {
    return this.udpAt(at, events);
  }

  udpAt(_: Endpoint, events: BindEvents): UdpSocket {
    queueMicrotask(() => events.unbound(BindFault.DENIED, this.#now()));
    return { send: () => {}, close: () => {} };
  }
}

class Conversation implements TcpSocket {
  readonly #events: TcpEvents;
  readonly #now: () => number;
  readonly #request: Request;
  readonly #asked: AbortController = new AbortController();
  /** What has come of the answer, and how much of it was read. */
  #chunk: Uint8Array = new Uint8Array(0);
  #read: number = 0;
  #body: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #ended: boolean = false;
  #silent: boolean = false;

  constructor(allowed: boolean, home: boolean, events: TcpEvents, now: () => number) {
    this.#events = events;
    this.#now = now;
    this.#request = new Request(home);
    this.#later(() => (allowed ? events.opened(now()) : this.#refuse()));
  }

  write(b: Uint8Array, at: number, end: number): number {
    if (this.#request.take(b.subarray(at, end))) this.#ask();
    return end - at;
  }

  read(into: Uint8Array, at: number, end: number): number {
    const n = Math.min(end - at, this.#chunk.length - this.#read);
    if (n === 0) return this.#ended ? END : 0;
    into.set(this.#chunk.subarray(this.#read, this.#read + n), at);
    this.#read += n;
    if (this.#read === this.#chunk.length) this.#more();
    return n;
  }

  /** The guest has said all: a request that is not whole by now never will be. */
  finish(): void {
    if (!this.#request.isWhole) this.#finish();
  }

  abort(): void {
    this.#silent = true;
    this.#asked.abort();
  }

  close(): void {
    this.abort();
  }

  /** Events come in turns of their own, and none to who wants no more. */
  #later(event: () => void): void {
    queueMicrotask(() => {
      if (!this.#silent) event();
    });
  }

  #refuse(): void {
    this.#silent = true;
    this.#events.refused(Refusal.REFUSED, this.#now());
  }

  #ask(): void {
    this.#request.fetch(this.#asked.signal).then(
      ({ head, body }) => {
        this.#body = body?.getReader() ?? null;
        this.#chunk = head;
        this.#later(() => this.#events.readable(this.#now()));
      },
      (error: unknown) => {
        this.#chunk = new TextEncoder().encode(`HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n${error}\n`);
        this.#later(() => this.#events.readable(this.#now()));
      },
    );
  }

  /** The next piece of the answer: not before this one was read, so that a slow guest slows down its server. */
  #more(): void {
    this.#chunk = new Uint8Array(0);
    this.#read = 0;
    if (this.#body === null) {
      this.#finish();
      return;
    }
    this.#body.read().then(
      ({ value, done }) => {
        if (done) this.#finish();
        else {
          this.#chunk = value;
          this.#later(() => this.#events.readable(this.#now()));
        }
      },
      () => this.#later(() => this.#events.failed(Refusal.RESET, this.#now())),
    );
  }

  #finish(): void {
    this.#ended = true;
    this.#later(() => this.#events.readable(this.#now()));
  }
}
