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
  readonly #timer: NodeJS.Timeout;
  #told: Counters = {};
  #toldAt: number = -Infinity;

  /** Begins to look. `now`: monotonic milliseconds. */
  constructor(log: Log, counters: () => Counters, now: () => number) {
    this.#log = log;
    this.#counters = counters;
    this.#timer = setInterval(() => this.look(now()), log.level >= Level.DEBUG ? SECOND : TEN_SECONDS).unref();
  }

  /** Says what is new, unless it is too early for another line. */
  look(now: number): void {
    if (this.#log.level < Level.DEBUG) this.#warn();
    else if (now - this.#toldAt >= (this.#log.level >= Level.TRACE ? SECOND : TEN_SECONDS)) this.#tell(now);
  }

  /** Says what has not been said, and looks no more. */
  close(): void {
    clearInterval(this.#timer);
    this.look(Infinity);
  }

  #warn(): void {
    const malformed = text(drops(this.#counters(), {}).filter(([name]) => isMalformed(name)));
    if (malformed === '' || this.#log.level < Level.WARN) return;
    clearInterval(this.#timer);
    if (this.#toldAt === -Infinity)
      this.#log.warn(`the guest sends frames that are broken: ${malformed}; -d3 tells more`);
    this.#toldAt = 0;
  }

  #tell(now: number): void {
    const counters = this.#counters();
    const fresh = text(drops(counters, this.#told));
    if (fresh === '') return;
    this.#told = counters;
    this.#toldAt = now;
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
