// One guest endpoint (and remote, where the NAT is symmetric), and the host socket that speaks for it.
import type { Timeouts } from '../config.ts';
import type { Endpoint } from '../endpoint.ts';
import { Traffic } from '../flow-info.ts';
import type { Refusal, Report, UdpEvents, UdpSocket } from '../host.ts';
import { NONE } from '../key-table.ts';
import type { TimedMapping } from '../mapping-table.ts';
import type { Contacts } from './contacts.ts';

const DNS = 53;

/** Lifetimes after the last datagram either way. */
export type Lives = Pick<Timeouts, 'udp' | 'udpDns'>;

/** What a mapping tells of its socket. */
export interface MappingEvents {
  /** Somebody was not heard. */
  filtered(now: number): void;
  received(m: Mapping, from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void;
  undeliverable(m: Mapping, to: Endpoint, why: Refusal, report: Report | null, now: number): void;
}

export interface MappingBirth {
  readonly number: number;
  readonly guest: Endpoint;
  /** Null: everybody is heard. */
  readonly contacts: Contacts | null;
  readonly events: MappingEvents;
  readonly lives: Lives;
  readonly now: number;
}

export class Mapping implements UdpEvents, TimedMapping {
  slot: number = NONE;
  readonly guest: Endpoint;
  socket: UdpSocket | null = null;
  expiresAt: number = 0;
  readonly traffic: Traffic;
  readonly #contacts: Contacts | null;
  readonly #lives: Lives;
  #life: number;
  /** What it sent last to the host's loopback was for everybody. */
  #shouted: boolean = false;
  readonly #events: MappingEvents;

  constructor({ number, guest, contacts, events, lives, now }: MappingBirth) {
    this.guest = guest;
    this.#contacts = contacts;
    this.#events = events;
    this.#lives = lives;
    this.#life = lives.udpDns;
    this.traffic = new Traffic(number, now);
  }

  close(): void {
    this.socket?.close();
    this.socket = null;
  }

  /**
   * The guest sends to the host's `to`, by the name of everybody when `toAll`. Once it has meant more than DNS, the mapping lives
   * longer.
   */
  use(to: Endpoint, toAll: boolean, now: number): void {
    if (to.port !== DNS) this.#life = this.#lives.udp;
    if (to.isLoopback) this.#shouted = toAll;
    this.#contacts?.add(to);
    this.expiresAt = now + this.#life;
  }

  received(from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void {
    if (this.#contacts?.has(from) === false) {
      this.#events.filtered(now);
      return;
    }
    this.expiresAt = now + this.#life;
    this.#events.received(this, from, b, at, end, now);
  }

  /** RFC 1122 3.2.2: nothing is said of what was sent to everybody. */
  mayHearOf(to: Endpoint): boolean {
    return !(this.#shouted && to.isLoopback);
  }

  undeliverable(to: Endpoint, why: Refusal, report: Report | null, now: number): void {
    this.#events.undeliverable(this, to, why, report, now);
  }
}
