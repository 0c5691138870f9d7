// Who is meant: a table from a key of a few int32 words (addresses, ports) to a small integer, its slot.
//
// Open addressing with linear probing over Int32Arrays: a lookup costs some 20 ns and allocates nothing, where a string
// key in a Map costs 40 times that. The hash is seeded, so that a guest cannot choose keys that collide.
// Slots are also linked by age of use, for tables that give up their longest idle entry when they are full.

/** No slot. */
export const NONE = -1;

export class KeyTable {
  readonly capacity: number;
  readonly #words: number;
  readonly #seed: number;
  readonly #mask: number;
  /** slot + 1 by hash; 0 is empty. */
  readonly #index: Int32Array;
  readonly #hash: Int32Array;
  readonly #keys: Int32Array;
  /** Neighbours in order of use, toward older and newer; the free slots are linked through `newer`. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  #oldest: number = NONE;
  #newest: number = NONE;
  #free: number = 0;
  #size = 0;

  /** For keys of `words` int32 and slots 0 … capacity - 1. `random` in [0, 1) seeds the hash. */
  constructor(words: number, capacity: number, random: () => number) {
    const buckets = 2 ** Math.ceil(Math.log2(capacity * 2 + 2));
    this.capacity = capacity;
    this.#words = words;
    this.#seed = (random() * 0x1_0000_0000) | 0;
    this.#mask = buckets - 1;
    this.#index = new Int32Array(buckets);
    this.#hash = new Int32Array(capacity);
    this.#keys = new Int32Array(capacity * words);
    this.#older = new Int32Array(capacity).fill(NONE);
    this.#newer = new Int32Array(capacity).map((_, slot) => (slot + 1 < capacity ? slot + 1 : NONE));
    if (capacity === 0) this.#free = NONE;
  }

  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#free === NONE;
  }

  /** The slot that has been used least recently; NONE when the table is empty. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Every slot in use, the one used least recently first. For people. */
  *byUse(): Generator<number> {
    for (let slot = this.#oldest; slot !== NONE; slot = this.#newer[slot]!) yield slot;
  }

  /** The key of a slot in use, lent. */
  key(slot: number): Int32Array {
    return this.#keys.subarray(slot * this.#words, (slot + 1) * this.#words);
  }

  /** The slot of `key`, or NONE. */
  find(key: Int32Array): number {
    const hash = this.#hashOf(key);
    for (let at = hash & this.#mask; ; at = (at + 1) & this.#mask) {
      const slot = this.#index[at]! - 1;
      if (slot < 0) return NONE;
      if (this.#hash[slot] === hash && this.#same(slot, key)) return slot;
    }
  }

  /** A slot for `key`, which must not be in the table; NONE when it is full. */
  add(key: Int32Array): number {
    const slot = this.#free;
    if (slot === NONE) return NONE;
    this.#free = this.#newer[slot]!;
    this.#size++;
    const hash = this.#hashOf(key);
    this.#hash[slot] = hash;
    this.#keys.set(key, slot * this.#words);
    let at = hash & this.#mask;
    while (this.#index[at] !== 0) at = (at + 1) & this.#mask;
    this.#index[at] = slot + 1;
    this.#link(slot);
    return slot;
  }

  /** Marks `slot` as the most recently used. */
  touch(slot: number): void {
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#link(slot);
  }

  remove(slot: number): void {
    let at = this.#hash[slot]! & this.#mask;
    while (this.#index[at] !== slot + 1) at = (at + 1) & this.#mask;
    this.#close(at);
    this.#unlink(slot);
    this.#newer[slot] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  /** Empties bucket `hole`, moving back whatever probing had pushed past it. */
  #close(hole: number): void {
    for (let at = (hole + 1) & this.#mask; this.#index[at] !== 0; at = (at + 1) & this.#mask) {
      const home = this.#hash[this.#index[at]! - 1]! & this.#mask;
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue;
      this.#index[hole] = this.#index[at]!;
      hole = at;
    }
    this.#index[hole] = 0;
  }

  #link(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = NONE;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }

  #same(slot: number, key: Int32Array): boolean {
    const at = slot * this.#words;
    for (let i = 0; i < this.#words; i++) if (this.#keys[at + i] !== key[i]) return false;
    return true;
  }

  /** Multiply and rotate per word, as in MurmurHash3's body; the last mix spreads into the low bits. */
  #hashOf(key: Int32Array): number {
    let h = this.#seed;
    for (let i = 0; i < this.#words; i++) {
      const k = Math.imul(key[i]!, 0xcc9e2d51 | 0);
      h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
      h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
    }
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b | 0);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35 | 0);
    return h ^ (h >>> 16);
  }
}
