// A guest's place: its network, or its port, behind a jack. A cable that ends need not be the end of it: the place is kept for a
// while, and whoever comes back goes on where it was, with flows, leases and all.
import { Jack, type Link } from '@reslirp/link';
import { Identified, type Identity } from './identity.ts';
import type { Log } from './log.ts';
import type { Snapshot } from './snapshot.ts';

/** A guest's network, or its port. */
export interface Served {
  snapshot?(): Snapshot;
  close(): void;
}

export interface SeatOptions {
  readonly name: string;
  readonly log: Log;
  /** Where its guest comes by: compared by identity. Null: it is never kept. */
  readonly way: object | null;
  /** How long it is kept without a cable, milliseconds. */
  readonly keep: number;
  /** What is between the jack and the network: a capture. */
  wrap(link: Link): Link;
  /** What is behind it. */
  serve(link: Link): Served;
  /** It is over, and closed: its cable ended and it was not kept, or nobody came back. */
  over(error: Error | null): void;
  /** It waits from now on. */
  waits(): void;
}

export class Seat {
  readonly name: string;
  readonly way: object | null;
  readonly #options: SeatOptions;
  readonly #jack: Jack;
  readonly #identified: Identified;
  readonly #link: Link;
  readonly #served: Served;
  #left: (error: Error | null) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #closed: boolean = false;

  constructor(options: SeatOptions, mtu: number) {
    this.name = options.name;
    this.way = options.way;
    this.#options = options;
    this.#jack = new Jack({ mtu });
    this.#identified = new Identified(this.#jack);
    this.#link = options.wrap(this.#identified);
    this.#served = options.serve(this.#link);
    this.#jack.onUnplugged((error) => this.#unplugged(error));
  }

  get identity(): Identity {
    return this.#identified.identity;
  }

  /** There is no cable, and one is waited for. */
  get waiting(): boolean {
    return this.#timer !== undefined;
  }

  /** `left`: told once, when this cable ends. */
  plug(cable: Link, left: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#left = left;
    this.#jack.plug(cable);
  }

  snapshot(): Snapshot | null {
    return this.#served.snapshot?.() ?? null;
  }

  /** Ends the network, or frees the port. Nobody is told. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#served.close();
    this.#link.close();
  }

  #unplugged(error: Error | null): void {
    const { way, keep, log } = this.#options;
    const kept = way !== null && keep > 0 && !this.#closed;
    const what = error === null ? 'has left' : error.message;
    log.info(kept ? `${what}; its place is kept for ${keep / 1_000} s` : what);
    if (kept) {
      this.#timer = setTimeout(() => this.#lapse(), keep);
      this.#options.waits();
    } else {
      this.close();
      this.#options.over(error);
    }
    this.#left(error);
  }

  #lapse(): void {
    this.#options.log.info('has not come back: its place is free');
    this.close();
    this.#options.over(null);
  }
}
