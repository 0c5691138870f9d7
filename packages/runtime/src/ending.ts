// The ways in which the program ends: signals, the guest, and what breaks.
import type { Log } from './log.ts';

/** Exit codes: an orderly end, a cable or a host that failed, a wrong command line. */
export const Exit = { OK: 0, FAILED: 1, USAGE: 2 } as const;
/** Whatever still hangs when the end has come is let go after this long, milliseconds. */
const GRACE = 500;

export class Ending {
  /** Lets go of everything. Called once. */
  onEnd: () => void = () => {};
  readonly #log: Log;
  #over: boolean = false;

  /** Listens for signals from now on. A second one finds no listener, and ends the process at once. */
  constructor(log: Log) {
    this.#log = log;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        log.info(`${signal}: the network closes`);
        this.end(Exit.OK);
      });
    }
  }

  get over(): boolean {
    return this.#over;
  }

  /** The cable has no other end any more: null for an orderly one. */
  cableEnded(error: string | null): void {
    if (this.#over) return;
    if (error === null) this.#log.info('the guest has left');
    else this.#log.error(error);
    this.end(error === null ? Exit.OK : Exit.FAILED);
  }

  end(code: number): void {
    if (this.#over) return;
    this.#over = true;
    process.exitCode = code;
    this.onEnd();
    setTimeout(() => process.exit(), GRACE).unref();
  }
}
