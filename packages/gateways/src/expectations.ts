// Ports of the host that a gateway has announced to somebody outside: each takes one connection, for one port of a guest, and
// waits for it only so long.
import type { GatewayNet, TcpHost } from '@reslirp/stack';
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { AcceptEvents, Acceptor, Client } from '@reslirp/stack/host';

/** At once, for all guests of a stack. The oldest makes room. */
const MOST = 256;
/** How long one is waited for, milliseconds: somebody may have to be asked whether he wants the file. */
const PATIENCE = 300_000;

export interface Expected {
  /** At the host's `at`, of which the port is of its choice. */
  readonly at: Endpoint;
  /** Who is called when it comes. */
  readonly guest: Endpoint;
  /** The only one who may come; null: whoever does. */
  readonly from: Endpoint | null;
}

export class Expectations {
  readonly #host: TcpHost;
  readonly #net: GatewayNet;
  /** In the order of their births. */
  readonly #all: Set<Expectation> = new Set();
  readonly #gone = (one: Expectation): void => void this.#all.delete(one);
  readonly counters = { announced: 0, connected: 0, expired: 0, strangers: 0 };

  constructor(host: TcpHost, net: GatewayNet) {
    this.#host = host;
    this.#net = net;
  }

  get net(): GatewayNet {
    return this.#net;
  }

  get size(): number {
    return this.#all.size;
  }

  /** `told`, once, later: where the host waits, or null when it cannot. Not after close(). */
  expect(what: Expected, told: (host: Endpoint | null) => void): Expectation {
    if (this.#all.size >= MOST)
      for (const oldest of this.#all) if (oldest.isTold) return this.#instead(oldest, what, told);
    const one = new Expectation(what, this.#net, this.counters, told, this.#gone);
    this.#all.add(one);
    one.open(this.#host);
    return one;
  }

  /** Ends those that have waited for too long. */
  poll(now: number): void {
    for (const one of this.#all) {
      if (one.until > now) continue;
      this.counters.expired++;
      one.close();
    }
  }

  deadline(): number {
    let first = Infinity;
    for (const one of this.#all) first = Math.min(first, one.until);
    return first;
  }

  close(): void {
    for (const one of this.#all) one.close();
  }

  #instead(oldest: Expectation, what: Expected, told: (host: Endpoint | null) => void): Expectation {
    this.counters.expired++;
    oldest.close();
    return this.expect(what, told);
  }
}

/** A connection that has been announced, and has not come. */
export class Expectation implements AcceptEvents {
  readonly #what: Expected;
  readonly #net: GatewayNet;
  readonly #counters: Expectations['counters'];
  readonly #told: (host: Endpoint | null) => void;
  readonly #gone: (one: Expectation) => void;
  #acceptor: Acceptor | null = null;
  #open: boolean = true;
  /** When it has waited for too long. */
  until: number = Infinity;

  constructor(
    { at, guest, from }: Expected,
    net: GatewayNet,
    counters: Expectations['counters'],
    told: (host: Endpoint | null) => void,
    gone: (one: Expectation) => void,
  ) {
    this.#what = { at, guest: guest.copy(), from: from?.copy() ?? null };
    this.#net = net;
    this.#counters = counters;
    this.#told = told;
    this.#gone = gone;
  }

  /** The host has the port. */
  get isTold(): boolean {
    return this.until !== Infinity;
  }

  open(host: TcpHost): void {
    const at = this.#what.at.copy();
    at.port = 0;
    this.#acceptor = host.accept(at, this);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#acceptor?.close();
    this.#gone(this);
  }

  bound(at: Endpoint, now: number): void {
    if (!this.#open) return;
    this.until = now + PATIENCE;
    this.#counters.announced++;
    this.#told(at);
  }

  unbound(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#gone(this);
    this.#told(null);
  }

  accepted(client: Client, now: number): void {
    const { guest, from } = this.#what;
    if (!this.#open) return;
    if (from !== null && !client.from.sameAddress(from)) {
      this.#counters.strangers++;
      return;
    }
    if (!this.#net.incoming(client, guest, now)) return;
    this.#counters.connected++;
    this.close();
  }
}
