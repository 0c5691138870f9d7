// Who has which address until when: RFC 2131 2.2 and 3.
//
// A lease is data with a deadline; nothing fires when it ends. One that has ended stays in the table, so that its client finds
// the same address again (RFC 2131 2.2: "the same network address … whenever possible"), until the room is needed.
// There is one record per address and at most one address per client; a live record is never given to another client.
import type { Pool } from './pool.ts';

/** RFC 2131 3.1 step 2: an offer keeps its address this long, without being a promise. */
const OFFER = 60_000;
/** An address that a client found in use (DECLINE) is not given in this time. */
const QUARANTINE = 600_000;

export type LeaseState = 'offered' | 'bound' | 'released' | 'declined';

export interface Lease {
  /** int32 */
  readonly address: number;
  /** Identifier in hexadecimal: option 61, else hardware type and address. Empty once declined. */
  readonly client: string;
  /** Six bytes. */
  readonly mac: Uint8Array;
  readonly state: LeaseState;
  /** Live before this time; Infinity for ever. */
  readonly until: number;
}

interface Row extends Lease {
  client: string;
  state: LeaseState;
  until: number;
}

export class LeaseTable {
  readonly #pool: Pool;
  readonly #limit: number;
  readonly #byAddress: Map<number, Row> = new Map();
  readonly #byClient: Map<string, Row> = new Map();
  /** Every address of the pool below this one has a row; unsigned. */
  #lowest: number;

  constructor(pool: Pool, limit: number) {
    this.#pool = pool;
    this.#limit = Math.min(limit, pool.size);
    this.#lowest = pool.first;
  }

  /**
   * Keeps an address for a client for a moment (RFC 2131 4.3.1): its own, live or not; `wanted` (0: none) when that is free; the
   * lowest that nobody ever had; the one that has been free for longest. Null when all are taken.
   */
  offer(client: string, mac: Uint8Array, wanted: number, now: number): Lease | null {
    const own = this.#byClient.get(client);
    if (own !== undefined) {
      if (own.until <= now) own.state = 'offered';
      own.until = Math.max(own.until, now + OFFER);
      own.mac.set(mac);
      return own;
    }
    const address = this.#free(wanted, now) ? wanted : this.#choose(now);
    return address === null ? null : this.#put(address, client, mac, now, now + OFFER);
  }

  /**
   * Binds a client to the address it says it has or was offered, until `until` (RFC 2131 4.3.2). Null when that cannot be: it is
   * not of the pool, another client's, declined, or the client lives at another address.
   */
  bind(client: string, mac: Uint8Array, address: number, now: number, until: number): Lease | null {
    const own = this.#byClient.get(client);
    if (own !== undefined && own.address !== address && own.until > now) return null;
    const row = own?.address === address ? own : this.#take(client, mac, address, now, until);
    if (row === null) return null;
    row.state = 'bound';
    row.until = until;
    row.mac.set(mac);
    return row;
  }

  /** The client took the offer of another server: ours is free at once (RFC 2131 3.1 step 4). */
  withdraw(client: string): void {
    const own = this.#byClient.get(client);
    if (own?.state === 'offered') this.#forget(own);
  }

  /** RFC 2131 4.3.4. False when this is not the client's. */
  release(client: string, address: number, now: number): boolean {
    const own = this.#byClient.get(client);
    if (own?.address !== address || own.until <= now) return false;
    own.state = 'released';
    own.until = now;
    return true;
  }

  /** RFC 2131 4.3.3: somebody else uses the address. False when this is not the client's. */
  decline(client: string, address: number, now: number): boolean {
    const own = this.#byClient.get(client);
    if (own?.address !== address || own.until <= now) return false;
    this.#byClient.delete(client);
    own.client = '';
    own.state = 'declined';
    own.until = now + QUARANTINE;
    return true;
  }

  /** Copies of all rows, ended ones included, in no order. */
  list(): Lease[] {
    return Array.from(this.#byAddress.values(), (row) => ({ ...row, mac: row.mac.slice() }));
  }

  #free(address: number, now: number): boolean {
    const row = this.#byAddress.get(address);
    return row === undefined ? this.#pool.has(address) && this.#room(now) : row.until <= now;
  }

  #room(now: number): boolean {
    return this.#byAddress.size < this.#limit || this.#longestFree(now) !== null;
  }

  #choose(now: number): number | null {
    return (this.#byAddress.size < this.#limit ? this.#neverUsed() : null) ?? this.#longestFree(now)?.address ?? null;
  }

  #neverUsed(): number | null {
    let ip = this.#lowest;
    while (ip <= this.#pool.last && (this.#byAddress.has(ip | 0) || !this.#pool.has(ip | 0))) ip++;
    this.#lowest = ip;
    return ip <= this.#pool.last ? ip | 0 : null;
  }

  /** Offers that were not taken up go before leases, whose clients may come back. */
  #longestFree(now: number): Row | null {
    let best: Row | null = null;
    for (const row of this.#byAddress.values()) {
      if (row.until <= now && (best === null || rank(row) < rank(best))) best = row;
    }
    return best;
  }

  #take(client: string, mac: Uint8Array, address: number, now: number, until: number): Row | null {
    if (!this.#free(address, now)) return null;
    return this.#put(address, client, mac, now, until);
  }

  /** `address` is free. */
  #put(address: number, client: string, mac: Uint8Array, now: number, until: number): Row {
    const before = [this.#byAddress.get(address), this.#byClient.get(client)];
    for (const row of before) if (row !== undefined) this.#forget(row);
    const oldest = this.#byAddress.size < this.#limit ? null : this.#longestFree(now);
    if (oldest !== null) this.#forget(oldest);
    const row: Row = { address, client, mac: mac.slice(), state: 'offered', until };
    this.#byAddress.set(address, row);
    this.#byClient.set(client, row);
    return row;
  }

  #forget(row: Row): void {
    this.#byAddress.delete(row.address);
    this.#byClient.delete(row.client);
    if (row.address >>> 0 < this.#lowest) this.#lowest = row.address >>> 0;
  }
}

function rank(row: Row): number {
  return row.state === 'offered' ? row.until - Number.MAX_SAFE_INTEGER : row.until;
}
