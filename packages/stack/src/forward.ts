// Ports of the host that lead to ports of guests.
//
//   TCP   a connection to the host's port becomes one to the guest's: tcp/incoming.ts
//   UDP   the host's socket and the guest's port are one: udp/forwards.ts
//
// The guest sees its peer under the address that it has, as far as the guest can answer there; otherwise under the gateway's.
import { ConfigError } from './config.ts';
import type { Endpoint } from './endpoint.ts';
import type { BindFault, UnixPath } from './host.ts';
import type { Network } from './network.ts';
import { Scope, scope } from './scope.ts';
import type { TcpForwards } from './tcp/forwards.ts';
import type { GuestForwardSpec, GuestForwards } from './tcp/guest-forwards.ts';
import type { UdpForwards } from './udp/forwards.ts';

/** At once. */
const MOST = 4_096;

export interface ForwardSpec {
  readonly protocol: 'tcp' | 'udp';
  /** Of the host; port 0 for one of its choice. Of TCP also a unix socket, which is made there. */
  readonly host: Endpoint | UnixPath;
  /** An address of the network that is not one of our own, and a port. */
  readonly guest: Endpoint;
}

export interface ForwardEvents {
  /** It works. `host`, which is lent: with the port that it got. */
  bound(host: Endpoint, now: number): void;
  /** It does not. Final. */
  unbound(why: BindFault, now: number): void;
}

export interface Forward {
  /** Nothing comes any more. What has come lives on. */
  close(): void;
}

/** All of one stack. */
export class Forwards {
  readonly #network: Network;
  readonly #tcp: TcpForwards;
  readonly #udp: UdpForwards;
  readonly #inner: GuestForwards;
  #size: number = 0;

  constructor(network: Network, tcp: TcpForwards, udp: UdpForwards, inner: GuestForwards) {
    this.#inner = inner;
    this.#network = network;
    this.#tcp = tcp;
    this.#udp = udp;
  }

  get size(): number {
    return this.#size + this.#inner.size;
  }

  /** Throws a ConfigError when it cannot be; whether the host has the port, `events` tells. */
  add(spec: ForwardSpec, events: ForwardEvents): Forward {
    this.#check(spec);
    this.#size++;
    let counted = true;
    const uncount = (): void => {
      if (counted) this.#size--;
      counted = false;
    };
    const told: ForwardEvents = {
      bound: (host, now) => events.bound(host, now),
      unbound: (why, now) => {
        uncount();
        events.unbound(why, now);
      },
    };
    const forward = this.#open(spec, told);
    return {
      close: () => {
        uncount();
        forward.close();
      },
    };
  }

  close(): void {
    this.#tcp.close();
    this.#udp.close();
    this.#size = 0;
  }

  /** As Stack.guestForward(). */
  addInner(spec: GuestForwardSpec): Forward {
    return { close: this.#inner.add(spec) };
  }

  #open({ protocol, host, guest }: ForwardSpec, events: ForwardEvents): Forward {
    if (protocol === 'tcp') return this.#tcp.add({ protocol, host, guest }, events);
    return this.#udp.add({ host: host as Endpoint, guest }, events);
  }

  #check({ protocol, host, guest }: ForwardSpec): void {
    if (protocol === 'udp' && 'path' in host) throw new ConfigError('host', 'a unix socket is for TCP');
    if (scope(this.#network, guest) !== Scope.INSIDE)
      throw new ConfigError('guest', `'${guest}' is no guest's address in this network`);
    if (guest.port === 0) throw new ConfigError('guest', `'${guest}' has no port`);
    if (this.#size >= MOST) throw new ConfigError('forwards', `there are ${MOST} already`);
  }
}
