import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyTable, NONE } from './key-table.ts';

const CAPACITY = 6;

/** A table beside what it should be: key and slot, oldest first. */
class Pair {
  readonly table: KeyTable;
  model: { key: string; slot: number }[] = [];

  constructor(seed: number) {
    this.table = new KeyTable(2, CAPACITY, () => seed);
  }

  readonly acts: Record<string, (words: Int32Array, at: number) => void> = {
    add: (words, at) => {
      if (at >= 0) return;
      const slot = this.table.add(words);
      if (this.model.length === CAPACITY) {
        expect(slot).toBe(NONE);
        return;
      }
      expect(this.model.map((m) => m.slot)).not.toContain(slot);
      this.model.push({ key: String(words), slot });
    },
    touch: (_words, at) => {
      if (at < 0) return;
      this.table.touch(this.model[at]!.slot);
      this.model.push(...this.model.splice(at, 1));
    },
    remove: (_words, at) => {
      if (at >= 0) this.table.remove(this.model.splice(at, 1)[0]!.slot);
    },
    evict: () => {
      if (this.model.shift()) this.table.remove(this.table.oldest);
    },
  };

  check(words: Int32Array): number {
    const { table, model } = this;
    const at = model.findIndex((m) => m.key === String(words));
    expect(table.find(words)).toBe(model[at]?.slot ?? NONE);
    const full = model.length === CAPACITY;
    expect([table.size, table.oldest, table.full]).toEqual([model.length, model[0]?.slot ?? NONE, full]);
    return at;
  }
}

it('is a map with an order of use, whatever is done to it', () => {
  // few keys, so that they meet often
  const step = fc.tuple(fc.constantFrom('add', 'add', 'touch', 'remove', 'evict'), fc.tuple(fc.nat(3), fc.nat(4)));
  const seed = fc.double({ min: 0, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), seed, (steps, random) => {
      const pair = new Pair(random);
      for (const [act, key] of steps) {
        const words = Int32Array.from(key);
        pair.acts[act]!(words, pair.check(words));
        pair.check(words);
      }
    }),
  );
});

it('keeps a thousand keys apart through removals of every second one', () => {
  const table = new KeyTable(2, 1000, () => 0.3);
  const slots = Array.from({ length: 1000 }, (_, i) => table.add(Int32Array.of(i, -i)));
  expect(new Set(slots).size).toBe(1000);
  for (let i = 0; i < 1000; i += 2) table.remove(slots[i]!);
  for (let i = 0; i < 1000; i++) expect(table.find(Int32Array.of(i, -i))).toBe(i % 2 === 0 ? NONE : slots[i]);
});

it('takes nothing when it has no room at all', () => {
  const table = new KeyTable(1, 0, () => 0);
  expect([table.full, table.add(Int32Array.of(1)), table.find(Int32Array.of(1))]).toEqual([true, NONE, NONE]);
});
