// Datagrams for guests whose MAC ARP is still asking for (RFC 1122 2.3.2.2): a few, for a short time. TCP has no use for it,
// since it sends again.
import type { Endpoint } from '../endpoint.ts';

/** Datagrams, and bytes of all of them. */
const MOST = 64;
const MOST_BYTES = 1 << 18;
/** Milliseconds. */
const PATIENCE = 1_000;

interface Waiter {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly hops: number;
  readonly payload: Uint8Array;
  readonly until: number;
}

export class Waiting {
  #all: Waiter[] = [];
  #bytes: number = 0;

  /** Keeps a copy. Returns how many others have waited in vain. */
  keep(from: Endpoint, to: Endpoint, hops: number, payload: Uint8Array, now: number): number {
    const lost = this.#expire(now, payload.length);
    this.#bytes += payload.length;
    this.#all.push({ from: from.copy(), to: to.copy(), hops, payload: payload.slice(), until: now + PATIENCE });
    return lost;
  }

  /** Whoever waits for `address`, in order; they wait no more. */
  release(address: Endpoint, now: number): readonly Waiter[] {
    if (this.#all.length === 0) return [];
    this.#expire(now, 0);
    const due = this.#all.filter(({ to }) => to.sameAddress(address));
    this.#all = this.#all.filter(({ to }) => !to.sameAddress(address));
    for (const { payload } of due) this.#bytes -= payload.length;
    return due;
  }

  /** The oldest go: those whose time is over, and those whose room is needed. */
  #expire(now: number, size: number): number {
    let lost = 0;
    for (let first = this.#all[0]; first !== undefined; first = this.#all[0]) {
      const full = size > 0 && (this.#all.length >= MOST || this.#bytes + size > MOST_BYTES);
      if (first.until >= now && !full) break;
      this.#bytes -= first.payload.length;
      this.#all.shift();
      lost++;
    }
    return lost;
  }
}
