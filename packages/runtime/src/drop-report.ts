// What became of frames that were not carried. A guest can send any number of them: so this looks at the counters now
// and then, and never at a frame.
//
//   at the usual level   one warning in all, and only for frames that no working guest sends
//   debug                what was dropped, a line every ten seconds at most
//   trace                the same, every second
import { Level, type Log } from './log.ts';

const SECOND = 1_000;
const TEN_SECONDS = 10_000;

/** Counters by name; those of drops are in capitals. */
export type Counters = Readonly<Record<string, number>>;

export class DropReport {
  readonly #log: Log;
  readonly #counters: () => Counters;
  #told: Counters = {};
  /** When it is worth a look again. */
  #nextAt: number = -Infinity;

  constructor(log: Log, counters: () => Counters) {
    this.#log = log;
    this.#counters = counters;
    if (log.level < Level.WARN) this.#nextAt = Infinity;
  }

  /** For the end of every turn: says what is new, unless it is too early. `now`: monotonic milliseconds. */
  look(now: number): void {
    if (now < this.#nextAt) return;
    this.#nextAt = now + SECOND;
    if (this.#log.level < Level.DEBUG) this.#warn(now);
    else this.#tell(now);
  }

  /** Says what has not been said. */
  close(): void {
    if (this.#nextAt === Infinity) return;
    this.#nextAt = -Infinity;
    this.look(0);
    this.#nextAt = Infinity;
  }

  #warn(now: number): void {
    const malformed = text(drops(this.#counters(), {}).filter(([name]) => isMalformed(name)));
    this.#nextAt = malformed === '' ? now + TEN_SECONDS : Infinity;
    if (malformed !== '') this.#log.warn(`the guest sends frames that are broken: ${malformed}; -d3 tells more`);
  }

  #tell(now: number): void {
    const counters = this.#counters();
    const fresh = text(drops(counters, this.#told));
    if (fresh === '') return;
    this.#told = counters;
    if (this.#log.level < Level.TRACE) this.#nextAt = now + TEN_SECONDS;
    this.#log.debug(`dropped: ${fresh}`);
  }
}

function drops(counters: Counters, before: Counters): [string, number][] {
  return Object.entries(counters)
    .filter(([name]) => name === name.toUpperCase())
    .map(([name, n]): [string, number] => [name, n - (before[name] ?? 0)])
    .filter(([, n]) => n > 0);
}

function isMalformed(name: string): boolean {
  return /_(MALFORMED|CHECKSUM|SHORT|OVERLAP)$/.test(name);
}

function text(counted: readonly [string, number][]): string {
  return counted.map(([name, n]) => `${name} ${n}`).join(', ');
}
