// Which resolvers answer: those that do are asked first, in the order of their list. One that has failed comes after them until
// it answers again; now and then, ever more seldom, it is asked beside the others to find out.
import type { Endpoint } from '@reslirp/stack/endpoint';

/** From the first failure to the first probe, milliseconds; it doubles up to LONGEST. */
const SHORTEST = 2_000;
const LONGEST = 60_000;
/** Refusals in a row that make a resolver one that fails: a name that has no answer gets them too. */
const MOST_REFUSALS = 4;
/** Whoever has more of them than this has a mistake in his list. */
const MOST = 8;
/** Resolvers remembered, the latest: a list that changes all the time must not fill our memory. */
const MOST_REMEMBERED = 64;

interface State {
  /** In a row; 0: it answers. */
  failures: number;
  refusals: number;
  /** Not probed before. */
  until: number;
  /** Of its last answer. */
  heardAt: number;
}

export class Health {
  /** By address and port; the longest untouched first. */
  readonly #states: Map<string, State> = new Map();

  /** The first eight of a list, the first to ask first. */
  inOrder(list: readonly Endpoint[]): readonly Endpoint[] {
    const all = list.slice(0, MOST);
    const failing = all.filter((e) => this.#isFailing(e));
    return failing.length === 0 ? all : [...all.filter((e) => !failing.includes(e)), ...failing];
  }

  /** One of `ordered` to be asked beside the first; null when that is nobody's turn. It is not named again for a while. */
  toProbe(ordered: readonly Endpoint[], now: number): Endpoint | null {
    const [first] = ordered;
    if (first === undefined || this.#isFailing(first)) return null; // all are asked anyway
    for (const e of ordered) {
      const state = this.#states.get(String(e));
      if (state === undefined || state.failures === 0 || state.until > now) continue;
      state.until = now + SHORTEST;
      return e;
    }
    return null;
  }

  /** No answer to what it was asked at `askedAt`. It is not at fault when it has answered something else since. */
  failed(e: Endpoint, askedAt: number, now: number): void {
    const state = this.#state(e);
    if (state.heardAt > askedAt) return;
    state.until = now + Math.min(LONGEST, SHORTEST * 2 ** state.failures);
    state.failures = Math.min(state.failures + 1, MOST_REMEMBERED);
  }

  /** It answers that it does not. */
  refused(e: Endpoint, now: number): void {
    const state = this.#state(e);
    if (++state.refusals >= MOST_REFUSALS) this.failed(e, Infinity, now);
  }

  answered(e: Endpoint, now: number): void {
    const state = this.#state(e);
    state.failures = 0;
    state.refusals = 0;
    state.heardAt = now;
  }

  #isFailing(e: Endpoint): boolean {
    return (this.#states.get(String(e))?.failures ?? 0) > 0;
  }

  #state(e: Endpoint): State {
    const key = String(e);
    const state = this.#states.get(key) ?? { failures: 0, refusals: 0, until: 0, heardAt: -Infinity };
    this.#states.delete(key);
    for (const oldest of this.#states.keys()) {
      if (this.#states.size < MOST_REMEMBERED) break;
      this.#states.delete(oldest);
    }
    this.#states.set(key, state);
    return state;
  }
}
