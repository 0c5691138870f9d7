import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, type Page, pageOf } from './pages.ts';

interface Network {
  readonly id: number;
  readonly things: readonly string[];
}

/** All pages, one after the other. */
async function everything(networks: readonly Network[], limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  for (let after: string | null = null; ; ) {
    const page: Page<string> = await pageOf(networks, { after, limit }, ({ things }, own) =>
      cut(things, own, (t) => t),
    );
    pages.push([...page.items]);
    if (page.next === null) return pages;
    after = page.next;
  }
}

describe('pages over several networks', () => {
  it('have everything once and in order, however long they are', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 10 }),
        async (lists, limit) => {
          const networks = lists.map((things, i) => ({ id: (i + 1) * 3, things }));
          const pages = await everything(networks, limit);
          expect(pages.every((page) => page.length <= limit)).toBe(true);
          expect(pages.flat()).toEqual(lists.flatMap((things) => [...things].sort((a, b) => (a < b ? -1 : 1))));
        },
      ),
    ));

  it('go on behind a network that is over', async () => {
    const networks = [1, 2, 3].map((id) => ({ id, things: [`a${id}`, `b${id}`] }));
    const part = (all: readonly Network[], after: string | null): Promise<Page<string>> =>
      pageOf(all, { after, limit: 3 }, ({ things }, own) => cut(things, own, (t) => t));
    const { items, next } = await part(networks, null);
    expect([items, next]).toEqual([['a1', 'b1', 'a2'], '2:a2']);
    expect((await part([networks[0]!, networks[2]!], next)).items).toEqual(['a3', 'b3']);
  });

  it.each(['', 'x', '9:', ':a'])('after %j nothing breaks', async (after) => {
    const page = await pageOf([{ id: 1 }], { after, limit: 1 }, () => ({ items: ['a'], next: null }));
    expect(page.next).toBeNull();
  });

  it('numbers are in the order of numbers', () => {
    const numbers = Array.from({ length: 12 }, (_, i) => 12 - i);
    const first = cut(numbers, { after: null, limit: 10 }, (n) => n);
    expect(first).toEqual({ items: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], next: '10' });
    expect(cut(numbers, { after: first.next, limit: 10 }, (n) => n)).toEqual({ items: [11, 12], next: null });
  });
});
