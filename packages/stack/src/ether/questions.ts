// Neighbours that have been asked for, and have not answered yet: once a second, RFC 1122 2.3.2.1 and RFC 4861 10.
import type { Endpoint } from '../endpoint.ts';
import { KeyTable, NONE } from '../key-table.ts';

const INTERVAL = 1_000;
/** Addresses whose question is remembered; beyond them the oldest may be asked for again. */
const CAPACITY = 64;

export class Questions {
  readonly #table: KeyTable;
  readonly #at: Float64Array = new Float64Array(CAPACITY);
  readonly #times: Uint32Array = new Uint32Array(CAPACITY);
  readonly #key: Int32Array = new Int32Array(4);

  constructor(random: () => number) {
    this.#table = new KeyTable(this.#key.length, CAPACITY, random);
  }

  /** The how many-th question about `address` it is time for; 0 when it is too early for another one. */
  ask(address: Endpoint, now: number): number {
    let slot = this.#find(address);
    if (slot !== NONE && now - this.#at[slot]! < INTERVAL) return 0;
    if (slot === NONE) {
      if (this.#table.full) this.#table.remove(this.#table.oldest);
      slot = this.#table.add(this.#key);
      this.#times[slot] = 0;
    }
    this.#table.touch(slot);
    this.#at[slot] = now;
    return ++this.#times[slot]!;
  }

  /** Whether somebody had asked for it. Nobody has from now on. */
  answered(address: Endpoint): boolean {
    const slot = this.#find(address);
    if (slot !== NONE) this.#table.remove(slot);
    return slot !== NONE;
  }

  #find({ w0, w1, w2, w3 }: Endpoint): number {
    const k = this.#key;
    k[0] = w0;
    k[1] = w1;
    k[2] = w2;
    k[3] = w3;
    return this.#table.find(k);
  }
}
