// Who was not let in, and why. Anybody can knock any number of times: so each reason is told once, then counted, and told
// again with its number when it has grown tenfold.
import type { Log } from '@reslirp/runtime';

/** Different reasons that are told apart. */
const MOST = 64;

export class Refusals {
  readonly #log: Log;
  readonly #counts: Map<string, number> = new Map();

  constructor(log: Log) {
    this.#log = log;
  }

  /** How many there were. */
  get count(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  add(name: string, why: string): void {
    const known = this.#counts.has(why) || this.#counts.size < MOST ? why : 'for other reasons';
    const count = (this.#counts.get(known) ?? 0) + 1;
    this.#counts.set(known, count);
    if (count === 1) this.#log.warn(`${name}: not let in: ${known}`);
    else if (Number.isInteger(Math.log10(count))) this.#log.warn(`${name}: not let in: ${known}; ${count} so far`);
  }

  /** Says how many there were in all. */
  close(): void {
    for (const [why, count] of this.#counts) this.#log.debug(`not let in: ${count} (${why})`);
  }
}
