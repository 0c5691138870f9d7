// Ports that services have for a while, beside those that they are bound to: a transfer of TFTP has one of its own.
//
// They are drawn from the dynamic range (RFC 6335 6) at random, as RFC 6056 wants, and none is given twice or is one that a service
// is bound to. At the gateway such a port hides the host's own of that number, yet only from the guest with which the service
// talks, and no longer than it does.
import type { Endpoint } from './endpoint.ts';
import type { Query, ServicePort } from './service.ts';

const FIRST = 49_152;
const COUNT = 16_384;
/** At once. */
const MOST = 1_024;

type Receiver = (q: Query, now: number) => void;

interface Held {
  readonly own: Endpoint;
  readonly peer: Endpoint;
  readonly received: Receiver;
}

export class ServicePorts {
  /** By number: two addresses of ours do not share one, for 1,024 of 16,384 leave enough. */
  readonly #held: Map<number, Held> = new Map();
  readonly #random: () => number;
  readonly #isTaken: (port: number) => boolean;

  /** `isTaken`: a service is bound to that port. */
  constructor(random: () => number, isTaken: (port: number) => boolean) {
    this.#random = random;
    this.#isTaken = isTaken;
  }

  /** As ServiceNet.openPort(). */
  open(own: Endpoint, peer: Endpoint, received: Receiver): ServicePort | null {
    if (this.#held.size >= MOST) return null;
    const start = Math.floor(this.#random() * COUNT);
    for (let i = 0; i < COUNT; i++) {
      const port = FIRST + ((start + i) % COUNT);
      if (this.#held.has(port) || this.#isTaken(port)) continue;
      const held = { own: own.copy(), peer: peer.copy(), received };
      this.#held.set(port, held);
      const close = (): void => {
        if (this.#held.get(port) === held) this.#held.delete(port);
      };
      return { port, close };
    }
    return null;
  }

  /** Who takes a datagram of the guest at `from` to our `to`; null when no such port is held. */
  find(from: Endpoint, to: Endpoint): Receiver | null {
    if (this.#held.size === 0) return null;
    const held = this.#held.get(to.port);
    return held?.own.sameAddress(to) && held.peer.sameAddress(from) ? held.received : null;
  }
}
