// How much may be in flight toward a guest that speaks SACK.
//
// While nothing is lost, nothing binds: slow start counts every byte acknowledged and has no end, for the cable is mostly memory,
// and a full one is backpressure and not loss. Once something was lost, the cable is ssh or radio, where loss says little about
// congestion; so the window follows what the guest gets, as in BBR (draft-ietf-ccwg-bbr): twice the product of the largest delivery
// rate of the last rounds and the smallest round trip of the last ten seconds.
//
//   startup   the window grows by what is delivered until three rounds in a row delivered hardly more than those before
//   cruising  the window is the model's; that it is twice the product is what finds more when there is more
//   probing   once in ten seconds half the product is in flight for a round, so that the true round trip is seen again
//
// Left out: pacing. What leaves at once is what was acknowledged at once, and a timer for each segment would cost the cable
// that is memory more than it gives any other.

/** RFC 6928 2 */
const FIRST_SEGMENTS = 10;
/** Of the product of rate and round trip: what is in flight, at the guest, and acknowledged but not heard of yet. */
const GAIN = 2;
const LEAST_SEGMENTS = 4;
/** A round that delivers a quarter more than the best before it goes on growing; three that do not have found the end. */
const GROWTH = 1.25;
const PLATEAU = 3;
/** Rounds that a rate is remembered for: in two halves. */
const HALF_WINDOW = 5;
/** Milliseconds that the smallest round trip is believed for, and that it is looked for. */
const MIN_RTT_LIFE = 10_000;
const PROBE_TIME = 50;
/**
 * A guest in this very machine: milliseconds, and bytes that are allowed whatever the model says, for there is no queue worth
 * keeping short. Where such a cable loses, it is a queue that was too small (a switch's): these bytes follow RFC 5681 then.
 */
const NEAR = 1;
const NEAR_WINDOW = 1 << 20;
const LEAST_NEAR_WINDOW = 1 << 16;
/** More than this part of a round lost is a queue that overflowed, and not a frame that was damaged. */
const OVERFLOW = 0.02;
/** More than this part of a round lost is no accident: the window shrinks by RFC 9438's factor. */
const TOO_MUCH = 0.3;
const BETA = 0.7;

export class RateControl {
  cwnd: number;
  /** Bytes delivered so far, and when that was last said. */
  delivered: number = 0;
  deliveredAt: number = 0;
  minRtt: number = Infinity;
  readonly #mss: number;
  #isLossy: boolean = false;
  #isFull: boolean = false;
  /** Bytes per millisecond: the best of this half of the window, and of the one before. */
  #rate: number = 0;
  #olderRate: number = 0;
  #rounds: number = 0;
  /** What has to be delivered for the round to end, and what had been when it began. */
  #roundEnd: number = 0;
  #roundStart: number = 0;
  #roundLost: number = 0;
  #fullRate: number = 0;
  #fullRounds: number = 0;
  #minRttAt: number = 0;
  #probingUntil: number = -Infinity;
  #nearWindow: number = NEAR_WINDOW;

  /** `mss`: bytes of a full segment. */
  constructor(mss: number) {
    this.#mss = mss;
    this.cwnd = Math.min(FIRST_SEGMENTS * mss, Math.max(2 * mss, 14_600));
  }

  /** An entry left the cable empty before: the time until it is acknowledged is its own. */
  begins(now: number): void {
    this.deliveredAt = now;
  }

  /** A round trip of an entry that was sent once, milliseconds. */
  sample(rtt: number, now: number): void {
    if (rtt <= this.minRtt) {
      this.minRtt = rtt;
      this.#minRttAt = now;
    } else if (now - this.#minRttAt > MIN_RTT_LIFE) {
      this.minRtt = rtt;
      this.#minRttAt = now;
      if (this.#isLossy) this.#probingUntil = now + Math.max(PROBE_TIME, rtt);
    }
  }

  /**
   * `bytes` more have been delivered; the newest entry among them had left when `before` were, which was said at `since`.
   * `limited`: the window had been what held the sender back.
   */
  acked(bytes: number, before: number, since: number, now: number, limited: boolean): void {
    this.delivered += bytes;
    this.deliveredAt = now;
    const rate = (this.delivered - before) / Math.max(now - since, Math.min(this.minRtt, 1e6), 0.001);
    if (rate > this.#rate) this.#rate = rate;
    if (before >= this.#roundEnd) this.#roundEnds(limited);
    if (this.#isLossy) this.#follow(bytes, now);
    else if (limited) this.cwnd += bytes;
  }

  /** `bytes` are held for lost. */
  lost(bytes: number): void {
    this.#isLossy = true;
    this.#roundLost += bytes;
  }

  /** The retransmission timer fired: whatever was known, nothing has come back (RFC 5681 3.1, the loss window). */
  timedOut(): void {
    this.#isLossy = true;
    this.cwnd = this.#mss;
  }

  #follow(bytes: number, now: number): void {
    this.cwnd += bytes;
    if (this.#isFull) this.cwnd = Math.min(this.cwnd, this.#window(GAIN));
    if (now < this.#probingUntil) this.cwnd = Math.min(this.cwnd, this.#window(1 / 2));
  }

  #window(gain: number): number {
    const product = Math.max(this.#rate, this.#olderRate) * this.minRtt;
    const floor = this.minRtt <= NEAR ? this.#nearWindow : LEAST_SEGMENTS * this.#mss;
    return Math.max(floor, gain * product + 2 * this.#mss);
  }

  /** All that was in flight when the round began has been delivered, or is known to be lost. */
  #roundEnds(limited: boolean): void {
    const got = this.delivered - this.#roundStart;
    const sent = got + this.#roundLost;
    if (this.#roundLost > TOO_MUCH * sent) this.#shrink();
    this.#fitNear(this.#roundLost > OVERFLOW * sent);
    this.#roundLost = 0;
    this.#roundStart = this.delivered;
    this.#roundEnd = this.delivered;
    if (!this.#isFull && limited) this.#lookForTheEnd();
    if (++this.#rounds < HALF_WINDOW) return;
    this.#rounds = 0;
    this.#olderRate = this.#rate;
    this.#rate = 0;
  }

  #lookForTheEnd(): void {
    const rate = Math.max(this.#rate, this.#olderRate);
    if (rate >= this.#fullRate * GROWTH) {
      this.#fullRate = rate;
      this.#fullRounds = 0;
    } else if (this.#isLossy && ++this.#fullRounds >= PLATEAU) this.#isFull = true;
  }

  #fitNear(overflowed: boolean): void {
    const window = overflowed ? Math.min(this.#nearWindow, this.cwnd) * BETA : this.#nearWindow + this.#mss;
    this.#nearWindow = Math.min(NEAR_WINDOW, Math.max(LEAST_NEAR_WINDOW, window));
  }

  #shrink(): void {
    this.cwnd = Math.max(LEAST_SEGMENTS * this.#mss, this.cwnd * BETA);
    this.#rate *= BETA;
    this.#olderRate *= BETA;
  }
}
