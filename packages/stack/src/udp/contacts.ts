// Whom a guest's port has sent to lately, where others are not to be heard: filtering that is not endpoint-independent, RFC 4787 5.
import type { UdpFiltering } from '../config.ts';
import type { Endpoint } from '../endpoint.ts';
import { KeyTable, NONE } from '../key-table.ts';

/** Remotes of one mapping. The one that was sent to longest ago is forgotten, and filtered until it is sent to again. */
const CAPACITY = 64;

export class Contacts {
  readonly #table: KeyTable;
  readonly #key: Int32Array = new Int32Array(5);
  readonly #withPorts: boolean;

  /** Those of one mapping; null where everybody is heard. A symmetric mapping has one remote. */
  static of(filtering: UdpFiltering, random: () => number): Contacts | null {
    if (filtering === 'endpoint-independent') return null;
    return new Contacts(filtering !== 'address-dependent', filtering === 'symmetric' ? 1 : CAPACITY, random);
  }

  private constructor(withPorts: boolean, capacity: number, random: () => number) {
    this.#table = new KeyTable(this.#key.length, capacity, random);
    this.#withPorts = withPorts;
  }

  /** The guest sends to it. */
  add(remote: Endpoint): void {
    const known = this.#table.find(this.#keyOf(remote));
    if (known !== NONE) {
      this.#table.touch(known);
      return;
    }
    if (this.#table.full) this.#table.remove(this.#table.oldest);
    this.#table.add(this.#key);
  }

  /** Whether it is heard. */
  has(remote: Endpoint): boolean {
    return this.#table.find(this.#keyOf(remote)) !== NONE;
  }

  #keyOf({ w0, w1, w2, w3, port }: Endpoint): Int32Array {
    const k = this.#key;
    k[0] = w0;
    k[1] = w1;
    k[2] = w2;
    k[3] = w3;
    k[4] = this.#withPorts ? port : 0;
    return k;
  }
}
