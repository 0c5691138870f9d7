// One guest endpoint, and the host socket that speaks for it.
import type { Endpoint } from '../endpoint.ts';
import { Traffic } from '../flow-info.ts';
import type { Refusal, Report, UdpEvents, UdpSocket } from '../host.ts';

/** Lifetimes after the last datagram either way, as libslirp has them; RFC 4787 REQ-5 asks for two minutes at least. */
const LIFE = 240_000;
/** RFC 4787 REQ-5 (a) allows less where the port says so: a DNS query is over when it is answered. */
const DNS_LIFE = 10_000;
const DNS = 53;

/** What a mapping tells of its socket. */
export interface MappingEvents {
  received(m: Mapping, from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void;
  undeliverable(m: Mapping, to: Endpoint, why: Refusal, report: Report | null, now: number): void;
}

export class Mapping implements UdpEvents {
  readonly slot: number;
  readonly guest: Endpoint;
  socket: UdpSocket | null = null;
  expiresAt: number = 0;
  readonly traffic: Traffic;
  #life: number = DNS_LIFE;
  readonly #events: MappingEvents;

  constructor(slot: number, guest: Endpoint, events: MappingEvents, now: number) {
    this.slot = slot;
    this.guest = guest;
    this.#events = events;
    this.traffic = new Traffic(now);
  }

  /** The guest sends to `port`. Once it has meant more than DNS, the mapping lives longer. */
  use(port: number, now: number): void {
    if (port !== DNS) this.#life = LIFE;
    this.expiresAt = now + this.#life;
  }

  received(from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void {
    this.expiresAt = now + this.#life;
    this.#events.received(this, from, b, at, end, now);
  }

  undeliverable(to: Endpoint, why: Refusal, report: Report | null, now: number): void {
    this.#events.undeliverable(this, to, why, report, now);
  }
}
