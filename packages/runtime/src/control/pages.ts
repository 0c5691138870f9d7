// Long lists a part at a time, over several networks: a part is 'N:…', which is network N and what it says itself.

export interface Paging {
  /** `next` of the page before; null: the first page. */
  readonly after: string | null;
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Null: there are no more. */
  readonly next: string | null;
}

/** Networks that are asked without a pause for what else this thread does. */
const WITHOUT_A_PAUSE = 32;

/** A pause after every so many calls: packets may be carried in this thread. */
export function pauses(): () => Promise<void> {
  let n = 0;
  return async () => {
    if (++n % WITHOUT_A_PAUSE === 0) await new Promise((resolve) => setImmediate(resolve));
  };
}

/** One page of what `part` says of each of `networks`, which are in order. */
export async function pageOf<N extends { readonly id: number }, T>(
  networks: readonly N[],
  { after, limit }: Paging,
  part: (network: N, paging: Paging) => Page<T> | Promise<Page<T>>,
): Promise<Page<T>> {
  const [, id = '0', behind = ''] = /^(\d+):(.*)$/s.exec(after ?? '') ?? [];
  const rest = networks.filter((network) => network.id >= Number(id));
  const pause = pauses();
  const items: T[] = [];
  for (const network of rest) {
    if (items.length >= limit) return { items, next: `${network.id}:` };
    const isFirst = network.id === Number(id) && behind !== '';
    const page = await part(network, { after: isFirst ? behind : null, limit: limit - items.length });
    items.push(...page.items);
    if (page.next !== null) return { items, next: `${network.id}:${page.next}` };
    await pause();
  }
  return { items, next: null };
}

/** A page of a whole list, in the order of its keys: strings, or numbers that are compared as such. */
export function cut<T>(all: readonly T[], { after, limit }: Paging, keyOf: (item: T) => string | number): Page<T> {
  const isBehind = (key: string | number): boolean =>
    after === null || (typeof key === 'number' ? key > Number(after) : key > after);
  const rest = all.filter((item) => isBehind(keyOf(item))).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const items = rest.slice(0, limit);
  return { items, next: rest.length > items.length ? String(keyOf(items.at(-1)!)) : null };
}
