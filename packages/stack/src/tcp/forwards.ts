// Forwards of TCP: the host's listening sockets.
import type { Endpoint } from '../endpoint.ts';
import type { Forward, ForwardEvents, ForwardSpec } from '../forward.ts';
import type { TcpHost } from '../gateways.ts';
import type { AcceptEvents, Acceptor, BindFault, Client, UnixPath } from '../host.ts';
import type { Tcp } from './tcp.ts';

export class TcpForwards {
  readonly #host: TcpHost;
  readonly #tcp: Tcp;
  readonly #all: Set<TcpForward> = new Set();

  constructor(host: TcpHost, tcp: Tcp) {
    this.#host = host;
    this.#tcp = tcp;
  }

  add({ host, guest }: ForwardSpec, events: ForwardEvents): Forward {
    const forward = new TcpForward(guest.copy(), this.#tcp, events, () => this.#all.delete(forward));
    this.#all.add(forward);
    forward.open(this.#host, host);
    return forward;
  }

  close(): void {
    for (const forward of this.#all) forward.close();
  }
}

class TcpForward implements Forward, AcceptEvents {
  readonly #guest: Endpoint;
  readonly #tcp: Tcp;
  readonly #events: ForwardEvents;
  readonly #gone: () => void;
  #acceptor: Acceptor | null = null;

  constructor(guest: Endpoint, tcp: Tcp, events: ForwardEvents, gone: () => void) {
    this.#guest = guest;
    this.#tcp = tcp;
    this.#events = events;
    this.#gone = gone;
  }

  open(host: TcpHost, at: Endpoint | UnixPath): void {
    this.#acceptor = host.accept(at, this);
  }

  close(): void {
    this.#acceptor?.close();
    this.#acceptor = null;
    this.#gone();
  }

  bound(at: Endpoint, now: number): void {
    this.#events.bound(at, now);
  }

  unbound(why: BindFault, now: number): void {
    this.#acceptor = null;
    this.#gone();
    this.#events.unbound(why, now);
  }

  accepted(client: Client, now: number): void {
    this.#tcp.incoming(client, this.#guest, now);
  }
}
