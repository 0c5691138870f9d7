// One guest endpoint, and the host socket that speaks for it.
import type { Timeouts } from '../config.ts';
import type { Endpoint } from '../endpoint.ts';
import { Traffic } from '../flow-info.ts';
import type { Refusal, Report, UdpEvents, UdpSocket } from '../host.ts';

const DNS = 53;

/** Lifetimes after the last datagram either way. */
export type Lives = Pick<Timeouts, 'udp' | 'udpDns'>;

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
  readonly #lives: Lives;
  #life: number;
  readonly #events: MappingEvents;

  constructor(slot: number, guest: Endpoint, events: MappingEvents, lives: Lives, now: number) {
    this.slot = slot;
    this.guest = guest;
    this.#events = events;
    this.#lives = lives;
    this.#life = lives.udpDns;
    this.traffic = new Traffic(now);
  }

  /** The guest sends to `port`. Once it has meant more than DNS, the mapping lives longer. */
  use(port: number, now: number): void {
    if (port !== DNS) this.#life = this.#lives.udp;
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
