// Which association has which address until when: RFC 8415 12. A lease is data with a deadline; nothing fires when it ends, and its
// client finds the same address again until the room is needed. Addresses are the numbers behind the network's prefix.
import { ConfigError } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { ServiceNet } from '@reslirp/stack/service';

type Network6 = NonNullable<ServiceNet['network']['v6']>;

/** An advertised address is kept this long, without being a promise. */
const OFFER = 60_000;
/** One that a client found in use (DECLINE) is not given in this time. */
const QUARANTINE = 600_000;
/** The first number to give: out of the way of addresses that people choose; less where the network is small. */
const START = 0x1000;
const SMALL_START = 16;

export type LeaseState = 'offered' | 'bound' | 'released' | 'declined';

export interface Lease6 {
  /** As text. */
  readonly address: string;
  /** DUID and IAID in hexadecimal, 'duid/iaid'. Empty once declined. */
  readonly client: string;
  readonly state: LeaseState;
  /** Live before this time; Infinity for ever. */
  readonly until: number;
}

interface Row {
  readonly number: number;
  client: string;
  state: LeaseState;
  until: number;
}

export class LeaseTable {
  readonly #v6: Network6;
  readonly #limit: number;
  readonly #first: number;
  readonly #last: number;
  readonly #byNumber: Map<number, Row> = new Map();
  readonly #byClient: Map<string, Row> = new Map();
  readonly #at: Endpoint = new Endpoint();
  /** Every number below has a row, or is nobody's. */
  #lowest: number;

  /** Throws ConfigError when no address is left for guests. */
  constructor(v6: Network6, limit: number) {
    const numbers = 2 ** Math.min(128 - v6.bits, 31);
    this.#v6 = v6;
    this.#limit = limit;
    this.#first = numbers > 2 * START ? START : SMALL_START;
    this.#last = numbers - 1;
    this.#lowest = this.#first;
    if (this.#neverUsed() === null) throw new ConfigError('network6', 'no address is left for guests');
  }

  /** Fills `to` with the address of a number. */
  address(number: number, to: Endpoint): Endpoint {
    to.setAddress(this.#v6.prefix);
    to.w3 = (to.w3 + number) | 0;
    return to;
  }

  /** The number of an address that can be given; −1 for every other. */
  numberOf({ w0, w1, w2, w3 }: Endpoint): number {
    const { prefix } = this.#v6;
    const number = (w3 - prefix.w3) >>> 0;
    const isNear = w0 === prefix.w0 && w1 === prefix.w1 && w2 === prefix.w2;
    return isNear && this.#has(number) ? number : -1;
  }

  /** The number that is a client's; −1 for none. It may have ended. */
  of(client: string): number {
    return this.#byClient.get(client)?.number ?? -1;
  }

  /** Keeps an address for a client for a moment: its own, else `wanted` (−1: none) when that is free, else any. −1: all are taken. */
  offer(client: string, wanted: number, now: number): number {
    const row = this.#byClient.get(client) ?? this.#take(client, wanted, now);
    if (row === null) return -1;
    if (row.until <= now) row.state = 'offered';
    row.until = Math.max(row.until, now + OFFER);
    return row.number;
  }

  /** The same until `until`, as a promise. */
  bind(client: string, wanted: number, now: number, until: number): number {
    const row = this.#byClient.get(client) ?? this.#take(client, wanted, now);
    if (row === null) return -1;
    row.state = 'bound';
    row.until = until;
    return row.number;
  }

  /** Whether nobody has it. */
  isFree(number: number, now: number): boolean {
    const row = this.#byNumber.get(number);
    if (row !== undefined) return row.until <= now;
    return this.#has(number) && (this.#byNumber.size < this.#limit || this.#longestFree(now) !== null);
  }

  /** False when it is not the client's. */
  release(client: string, number: number, now: number): boolean {
    const own = this.#byClient.get(client);
    if (own?.number !== number || own.until <= now) return false;
    own.state = 'released';
    own.until = now;
    return true;
  }

  decline(client: string, number: number, now: number): boolean {
    const own = this.#byClient.get(client);
    if (own?.number !== number || own.until <= now) return false;
    this.#byClient.delete(client);
    own.client = '';
    own.state = 'declined';
    own.until = now + QUARANTINE;
    return true;
  }

  /** Copies of all rows, ended ones included, in no order. */
  list(): Lease6[] {
    return Array.from(this.#byNumber.values(), ({ number, client, state, until }) => {
      return { address: this.address(number, this.#at).address(), client, state, until };
    });
  }

  #take(client: string, wanted: number, now: number): Row | null {
    const number = wanted >= 0 && this.isFree(wanted, now) ? wanted : this.#choose(now);
    if (number === null) return null;
    const before = this.#byNumber.get(number);
    if (before !== undefined) this.#forget(before);
    const oldest = this.#byNumber.size < this.#limit ? null : this.#longestFree(now);
    if (oldest !== null) this.#forget(oldest);
    const row: Row = { number, client, state: 'offered', until: 0 };
    this.#byNumber.set(number, row);
    this.#byClient.set(client, row);
    return row;
  }

  #choose(now: number): number | null {
    const never = this.#byNumber.size < this.#limit ? this.#neverUsed() : null;
    return never ?? this.#longestFree(now)?.number ?? null;
  }

  #neverUsed(): number | null {
    while (this.#lowest <= this.#last && (this.#byNumber.has(this.#lowest) || !this.#has(this.#lowest))) this.#lowest++;
    return this.#lowest <= this.#last ? this.#lowest : null;
  }

  /** Offers that were not taken up go before leases, whose clients may come back. */
  #longestFree(now: number): Row | null {
    let best: Row | null = null;
    for (const row of this.#byNumber.values()) {
      if (row.until <= now && (best === null || rank(row) < rank(best))) best = row;
    }
    return best;
  }

  #has(number: number): boolean {
    if (number < this.#first || number > this.#last) return false;
    const { gateway, nameserver } = this.#v6;
    const address = this.address(number, this.#at);
    return !address.sameAddress(gateway) && !address.sameAddress(nameserver);
  }

  #forget(row: Row): void {
    this.#byNumber.delete(row.number);
    this.#byClient.delete(row.client);
    this.#lowest = Math.min(this.#lowest, row.number);
  }
}

function rank(row: Row): number {
  return row.state === 'offered' ? row.until - Number.MAX_SAFE_INTEGER : row.until;
}
