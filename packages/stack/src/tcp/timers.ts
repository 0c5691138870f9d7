// Deadlines of one flow. Nothing here fires: the stack asks what is due.

export const Timer = {
  /** RFC 6298: the oldest unacknowledged segment, SYN-ACK and FIN included. */
  RETRANSMIT: 0,
  /** RFC 9293 3.8.6.3 */
  DELAYED_ACK: 1,
  /** RFC 9293 3.8.6.1: the guest's window is closed, or too small for a segment. */
  PERSIST: 2,
  /** TIME-WAIT is over, or a half-closed flow has been idle for too long. */
  CLOSE: 3,
  /** RFC 8985 6.2: what was overtaken is lost now. */
  REORDER: 4,
  /** RFC 8985 7: nothing follows the tail, and nothing is heard of it. */
  PROBE: 5,
  /** RFC 9293 3.8.4: nothing was heard of the guest for long. */
  KEEPALIVE: 6,
  /** The host's socket still connects. */
  CONNECT: 7,
} as const;
export type Timer = (typeof Timer)[keyof typeof Timer];

const COUNT = 8;

export class TimerTable {
  readonly #at: Float64Array = new Float64Array(COUNT).fill(Infinity);

  set(t: Timer, at: number): void {
    this.#at[t] = at;
  }

  stop(t: Timer): void {
    this.#at[t] = Infinity;
  }

  stopAll(): void {
    this.#at.fill(Infinity);
  }

  running(t: Timer): boolean {
    return this.#at[t] !== Infinity;
  }

  next(): number {
    let first = Infinity;
    for (let t = 0; t < COUNT; t++) if (this.#at[t]! < first) first = this.#at[t]!;
    return first;
  }

  /** True once per expiry. */
  take(t: Timer, now: number): boolean {
    if (this.#at[t]! > now) return false;
    this.stop(t);
    return true;
  }
}
