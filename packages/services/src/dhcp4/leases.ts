// Who has which address until when: RFC 2131 2.2 and 3.
//
// A lease is data with a deadline; nothing fires when it ends. One that has ended stays in the table, so that its client finds
// the same address again (RFC 2131 2.2: "the same network address … whenever possible"), until the room is needed.
// There is one record per address and at most one address per client; a live record is never given to another client.
//
// An address where another station was heard is not given (RFC 2131 2.2): not lately, for one that nobody has; not after it was
// free, for one that a client had; and not since it was offered. It rests then, as a declined one does.
import type { KeptLease } from './lease-store.ts';
import { Names } from './names.ts';
import type { Pool } from './pool.ts';

/** RFC 2131 3.1 step 2: an offer keeps its address this long, without being a promise. */
const OFFER = 60_000;
/** An address that is in use elsewhere is not given in this time, nor does a station count that was silent so long. */
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
  /** What its client is found as, one label in lower case; empty for nothing. */
  readonly name: string;
  /** Live before this time; Infinity for ever. */
  readonly until: number;
}

interface Row extends Lease {
  client: string;
  state: LeaseState;
  name: string;
  until: number;
  /** When it was offered last. */
  offeredAt: number;
}

/** What the table asks about a client and an address. */
export interface LeaseRules {
  /** The address that is this client's by configuration, int32; 0 for none. */
  reserved(client: string, mac: Uint8Array): number;
  /** Whether another station was heard there after `since`. */
  isUsed(address: number, mac: Uint8Array, since: number): boolean;
}

const NO_RULES: LeaseRules = { reserved: () => 0, isUsed: () => false };
const NO_MAC = new Uint8Array(6);

export class LeaseTable {
  readonly #pool: Pool;
  readonly #limit: number;
  readonly #rules: LeaseRules;
  readonly #names: Names = new Names();
  /** Addresses that were found in use by others. */
  conflicts: number = 0;
  readonly #byAddress: Map<number, Row> = new Map();
  readonly #byClient: Map<string, Row> = new Map();
  /** Every address of the pool below this one has a row; unsigned. */
  #lowest: number;

  constructor(pool: Pool, limit: number, rules: LeaseRules = NO_RULES) {
    this.#pool = pool;
    this.#rules = rules;
    this.#limit = Math.min(limit, pool.size);
    this.#lowest = pool.first;
  }

  /**
   * Keeps an address for a client for a moment (RFC 2131 4.3.1): the one reserved for it; its own, live or not; `wanted` (0: none)
   * when that is free; the lowest that nobody ever had; the one that has been free for longest. Null when all are taken.
   */
  offer(client: string, mac: Uint8Array, wanted: number, now: number): Lease | null {
    const reserved = this.#reserved(client, mac, now);
    const own = this.#byClient.get(client);
    if (own !== undefined && (reserved === 0 || reserved === own.address) && this.#isQuiet(own.address, mac, now)) {
      if (own.until <= now) own.state = 'offered';
      if (own.state === 'offered') own.offeredAt = now;
      own.until = Math.max(own.until, now + OFFER);
      own.mac.set(mac);
      return own;
    }
    let address = reserved !== 0 ? reserved : this.#free(wanted, now) ? wanted : this.#choose(now);
    while (address !== null && !this.#isQuiet(address, mac, now)) address = this.#choose(now);
    return address === null ? null : this.#put(address, client, mac, now, now + OFFER);
  }

  /**
   * Binds a client to the address it says it has or was offered, until `until` (RFC 2131 4.3.2). Null when that cannot be: it is
   * not of the pool, another client's, declined, in use, or the client lives at another address.
   */
  bind(client: string, mac: Uint8Array, address: number, now: number, until: number): Lease | null {
    const own = this.#byClient.get(client);
    const reserved = this.#reserved(client, mac, now);
    if (reserved === 0 ? own !== undefined && own.address !== address && own.until > now : reserved !== address)
      return null;
    const isOwn = own?.address === address;
    if (!isOwn && address !== reserved && !this.#free(address, now)) return null;
    if (!this.#isQuiet(address, mac, now)) return null;
    const row = isOwn ? own : this.#put(address, client, mac, now, until);
    row.state = 'bound';
    row.until = until;
    row.mac.set(mac);
    return row;
  }

  /** A lease of an earlier life. False when its address is not to give any more, or the table is full. */
  restore(kept: KeptLease): boolean {
    const { address, client, mac, name, until } = kept;
    const mayHave = this.#pool.has(address) || this.#rules.reserved(client, mac) === address;
    const isThere = this.#byAddress.has(address) || this.#byClient.has(client);
    if (!mayHave || isThere || client === '' || this.#byAddress.size >= this.#limit) return false;
    const row = this.#put(address, client, mac, 0, until);
    row.state = 'bound';
    this.#call(row, name, 0);
    return true;
  }

  /** The client calls itself `name`; empty for nothing. One that another client has is not given. */
  rename(client: string, name: string, now: number): void {
    const own = this.#byClient.get(client);
    if (own !== undefined && own.name !== name) this.#call(own, name, now);
  }

  /** The address of the client that is there and called so; null for none. */
  addressOf(name: string, now: number): number | null {
    const row = this.#names.find(name);
    return row !== null && row.state === 'bound' && row.until > now ? row.address : null;
  }

  /** What the client at this address is called; empty for nothing. */
  nameOf(address: number, now: number): string {
    const name = this.#byAddress.get(address)?.name ?? '';
    return this.addressOf(name, now) === address ? name : '';
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
    this.#call(own, '', now);
    own.client = '';
    own.state = 'declined';
    own.until = now + QUARANTINE;
    return true;
  }

  /** Copies of all rows, ended ones included, in no order. */
  list(): Lease[] {
    return Array.from(this.#byAddress.values(), ({ address, client, mac, state, name, until }) => {
      return { address, client, mac: mac.slice(), state, name, until };
    });
  }

  #call(row: Row, name: string, now: number): void {
    this.#names.drop(row);
    row.name = name !== '' && this.#names.claim(name, row, now) ? name : '';
  }

  /** 0 when nothing is reserved, or somebody else has it. */
  #reserved(client: string, mac: Uint8Array, now: number): number {
    const address = this.#rules.reserved(client, mac);
    const row = this.#byAddress.get(address);
    return row !== undefined && row.until > now && row.client !== client ? 0 : address;
  }

  /** Whether a client may have an address that is free or its own. When another station is there, it rests. */
  #isQuiet(address: number, mac: Uint8Array, now: number): boolean {
    const row = this.#byAddress.get(address);
    if (row?.state === 'bound' && row.until > now) return true;
    const ended = row === undefined ? -Infinity : row.state === 'offered' ? row.offeredAt - 1 : row.until;
    if (!this.#rules.isUsed(address, mac, Math.max(ended, now - QUARANTINE))) return true;
    this.conflicts++;
    this.#put(address, '', NO_MAC, now, now + QUARANTINE).state = 'declined';
    return false;
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

  /** `address` is free. */
  #put(address: number, client: string, mac: Uint8Array, now: number, until: number): Row {
    const before = [this.#byAddress.get(address), this.#byClient.get(client)];
    for (const row of before) if (row !== undefined) this.#forget(row);
    const oldest = this.#byAddress.size < this.#limit ? null : this.#longestFree(now);
    if (oldest !== null) this.#forget(oldest);
    const row: Row = { address, client, mac: mac.slice(), state: 'offered', name: '', until, offeredAt: now };
    this.#byAddress.set(address, row);
    if (client !== '') this.#byClient.set(client, row);
    return row;
  }

  #forget(row: Row): void {
    this.#names.drop(row);
    this.#byAddress.delete(row.address);
    this.#byClient.delete(row.client);
    if (row.address >>> 0 < this.#lowest) this.#lowest = row.address >>> 0;
  }
}

function rank(row: Row): number {
  return row.state === 'offered' ? row.until - Number.MAX_SAFE_INTEGER : row.until;
}
