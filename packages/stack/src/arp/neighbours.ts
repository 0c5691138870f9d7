// Who is at which MAC: guests, by IP address.
//
// Entries remember when their guest was heard last, and are doubted after a while: those of IPv4 by arp.ts (RFC 1122 2.3.2.1),
// those of IPv6 by ndp.ts (RFC 4861 7.3).
// Capped; the one that was used least recently goes first.
import { formatMac } from '@reslirp/wire/address';
import * as Ether from '@reslirp/wire/ether';
import { Endpoint } from '../endpoint.ts';
import { KeyTable, NONE } from '../key-table.ts';

/** Who is where. */
export interface NeighbourInfo {
  readonly address: string;
  readonly mac: string;
  /** Milliseconds since it was heard. */
  readonly idle: number;
}

export class Neighbours {
  /** All MACs, six bytes each: find() gives offsets into it. Two more places follow the table's own. */
  readonly macs: Uint8Array;
  /** Offset of ff:ff:ff:ff:ff:ff. */
  readonly everyone: number;
  /** Offset of a place for one MAC that is in no table, filled by the caller. */
  readonly spare: number;
  /** An address has become known. */
  onLearn: (address: Endpoint) => void = () => {};
  readonly #table: KeyTable;
  readonly #heardAt: Float64Array;
  readonly #key: Int32Array = new Int32Array(4);

  constructor(capacity: number, random: () => number) {
    this.#table = new KeyTable(this.#key.length, capacity, random);
    this.#heardAt = new Float64Array(capacity);
    this.everyone = capacity * Ether.MAC;
    this.spare = this.everyone + Ether.MAC;
    this.macs = new Uint8Array(this.spare + Ether.MAC).fill(0xff, this.everyone, this.spare);
  }

  get size(): number {
    return this.#table.size;
  }

  /** Offset of the address's MAC in `macs`, or NONE. */
  find(address: Endpoint): number {
    const slot = this.#table.find(this.#keyOf(address));
    if (slot === NONE) return NONE;
    this.#table.touch(slot);
    return slot * Ether.MAC;
  }

  /** For people: those that were used last come last. */
  list(now: number): NeighbourInfo[] {
    const address = new Endpoint();
    return Array.from(this.#table.byUse(), (slot) => {
      const k = this.#table.key(slot);
      address.setWords(k[0]!, k[1]!, k[2]!, k[3]!, 0);
      const mac = formatMac(this.macs, slot * Ether.MAC);
      return { address: address.address(), mac, idle: now - this.#heardAt[slot]! };
    });
  }

  /** When the guest was heard last whose MAC is at `offset`, which find() gave. */
  heardAt(offset: number): number {
    return this.#heardAt[offset / Ether.MAC]!;
  }

  /** The address is at mac[at], whatever was known before. A group is nobody's address, and not learned. */
  learn(address: Endpoint, mac: Uint8Array, at: number, now: number): void {
    if (Ether.isGroup(mac, at)) return;
    const known = this.find(address);
    const place = known === NONE ? this.#add() : known;
    Ether.copyMac(this.macs, place, mac, at);
    this.#heardAt[place / Ether.MAC] = now;
    if (known === NONE) this.onLearn(address);
  }

  /** A packet came from there: worth something only when nothing better is known, or it is known to be there. */
  hear(address: Endpoint, mac: Uint8Array, at: number, now: number): void {
    const known = this.find(address);
    if (known === NONE) this.learn(address, mac, at, now);
    else if (this.isAt(known, mac, at)) this.#heardAt[known / Ether.MAC] = now;
  }

  /** Whether the MAC at `offset` is the one at mac[at]. */
  isAt(offset: number, mac: Uint8Array, at: number): boolean {
    for (let i = 0; i < Ether.MAC; i++) if (this.macs[offset + i] !== mac[at + i]) return false;
    return true;
  }

  forget(address: Endpoint): void {
    const slot = this.#table.find(this.#keyOf(address));
    if (slot !== NONE) this.#table.remove(slot);
  }

  /** A place for what `#key` holds. */
  #add(): number {
    if (this.#table.full) this.#table.remove(this.#table.oldest);
    return this.#table.add(this.#key) * Ether.MAC;
  }

  #keyOf(address: Endpoint): Int32Array {
    const k = this.#key;
    k[0] = address.w0;
    k[1] = address.w1;
    k[2] = address.w2;
    k[3] = address.w3;
    return k;
  }
}
