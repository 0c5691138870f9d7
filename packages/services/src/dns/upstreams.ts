// Whom to ask, and in which order: as the host lists its resolvers, those that have just failed last.
import type { Endpoint } from '@reslirp/stack/endpoint';

/** How long a resolver that failed stays behind the others, milliseconds. */
const PENALTY = 30_000;
/** Whoever has more of them than this has a mistake in his list. */
const MOST = 8;
/** Failures remembered, the newest: a list of resolvers that changes all the time must not fill our memory. */
const MOST_REMEMBERED = 64;

export class Upstreams {
  readonly #list: () => readonly Endpoint[];
  /** Until when, by address and port; the longest ago first. */
  readonly #failed: Map<string, number> = new Map();

  constructor(list: () => readonly Endpoint[]) {
    this.#list = list;
  }

  /** All of them, the first to ask first. */
  inOrder(now: number): readonly Endpoint[] {
    const all = this.#list().slice(0, MOST);
    if (this.#failed.size === 0) return all;
    const bad = (e: Endpoint): boolean => (this.#failed.get(String(e)) ?? 0) > now;
    return [...all.filter((e) => !bad(e)), ...all.filter(bad)];
  }

  failed(e: Endpoint, now: number): void {
    const key = String(e);
    this.#failed.delete(key);
    for (const oldest of this.#failed.keys()) {
      if (this.#failed.size < MOST_REMEMBERED) break;
      this.#failed.delete(oldest);
    }
    this.#failed.set(key, now + PENALTY);
  }

  answered(e: Endpoint): void {
    if (this.#failed.size > 0) this.#failed.delete(String(e));
  }
}
