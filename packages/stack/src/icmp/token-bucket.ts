/** A rate with a burst: one token each, `burst` at most, `perSecond` new ones. RFC 1812 4.3.2.8 describes it. */
export class TokenBucket {
  readonly #perMillisecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number = 0;

  constructor(perSecond: number, burst: number) {
    this.#perMillisecond = perSecond / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** False when there is none left. */
  take(now: number): boolean {
    const since = Math.max(0, now - this.#at);
    this.#tokens = Math.min(this.#burst, this.#tokens + since * this.#perMillisecond);
    this.#at = Math.max(this.#at, now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
