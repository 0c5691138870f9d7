// Ports inside the network that lead to something chosen on the host: an endpoint, a unix socket, or what a function makes.
// They are meant by whoever configured them, and asked before the address rules: a restricted network has them too.
import { ConfigError } from '../config.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Claims } from '../ether/claims.ts';
import type { Host, TcpEvents, TcpSocket, UnixPath } from '../host.ts';
import type { Network } from '../network.ts';
import { Scope, scope } from '../scope.ts';

/** At once. */
const MOST = 256;

/** Makes the socket behind one connection of the guest, as Host.connect() does. */
export type Connect = (events: TcpEvents) => TcpSocket;

export interface GuestForwardSpec {
  /** An address of the network that nobody has, and a port. */
  readonly at: Endpoint;
  readonly to: Endpoint | UnixPath | Connect;
}

interface GuestForward {
  readonly at: Endpoint;
  readonly connect: Connect;
}

export class GuestForwards {
  readonly #network: Network;
  readonly #host: Host;
  readonly #claims: Claims;
  #all: readonly GuestForward[] = [];

  constructor(network: Network, host: Host, claims: Claims) {
    this.#network = network;
    this.#host = host;
    this.#claims = claims;
  }

  get size(): number {
    return this.#all.length;
  }

  /** Returns what takes it away; connections live on. Throws a ConfigError when it cannot be. */
  add({ at, to }: GuestForwardSpec): () => void {
    this.#check(at);
    const target = typeof to === 'function' || 'path' in to ? to : to.copy();
    const connect = typeof target === 'function' ? target : (events: TcpEvents) => this.#host.connect(target, events);
    const forward: GuestForward = { at: at.copy(), connect };
    const release = this.#claims.claim(at);
    this.#all = [...this.#all, forward];
    return () => {
      release();
      this.#all = this.#all.filter((other) => other !== forward);
    };
  }

  /** Null: nothing of the kind is there. */
  find(remote: Endpoint): Connect | null {
    for (const { at, connect } of this.#all) if (at.equals(remote)) return connect;
    return null;
  }

  #check(at: Endpoint): void {
    if (scope(this.#network, at) !== Scope.INSIDE) {
      throw new ConfigError('at', `'${at}' is no address of this network that is free`);
    }
    if (at.port === 0) throw new ConfigError('at', `'${at}' has no port`);
    if (this.find(at) !== null) throw new ConfigError('at', `'${at}' leads somewhere already`);
    if (this.#all.length >= MOST) throw new ConfigError('guestForwards', `there are ${MOST} already`);
  }
}
