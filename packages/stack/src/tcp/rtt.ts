// Retransmission timeout, RFC 6298. Milliseconds throughout.

const INITIAL = 1_000; // (2.1)
const FLOOR = 200; // (2.4) asks for 1 s; the guest is one memory copy away, and Linux uses 200 ms
const CEILING = 60_000; // (2.5)
const GRANULARITY = 1;

export class RttEstimator {
  rto: number = INITIAL;
  /** Negative until the first sample. */
  srtt: number = -1;
  #rttvar: number = 0;

  /** Karn: never sample a segment that was sent twice (3). The caller knows; we do not. */
  sample(r: number): void {
    if (this.srtt < 0) {
      this.srtt = r; // (2.2)
      this.#rttvar = r / 2;
    } else {
      this.#rttvar += (Math.abs(this.srtt - r) - this.#rttvar) / 4; // (2.3), in this order: made from the old SRTT
      this.srtt += (r - this.srtt) / 8;
    }
    this.rto = Math.min(CEILING, Math.max(FLOOR, this.srtt + Math.max(GRANULARITY, 4 * this.#rttvar)));
  }

  /** (5.5). It stays so until there is a sample of a segment sent once (Karn). */
  backOff(): void {
    this.rto = Math.min(CEILING, this.rto * 2);
  }
}
