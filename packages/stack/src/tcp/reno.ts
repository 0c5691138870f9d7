// How much may be in flight toward the guest: RFC 5681 with NewReno recovery (RFC 6582) and limited transmit (RFC 3042).
//
// The cable is often memory, and then nothing here binds: slow start counts every byte acknowledged (not two segments per
// ACK, RFC 3465 2.3: our peer acknowledges a whole batch at once), there is no restart after idle, and a full cable is
// backpressure and not loss. Where the cable is ssh or radio, it is a congestion control like any other.
import { after, distance, type Seq } from './seq.ts';

/** RFC 5681 3.2 (2) */
const DUPLICATES = 3;

export class Reno {
  cwnd: number;
  ssthresh: number = 0x4000_0000;
  /** Duplicate ACKs in a row. */
  duplicates: number = 0;
  /** In fast recovery until SND.UNA reaches `recover`. */
  recovering: boolean = false;
  /** Highest sequence number sent when loss was last detected; duplicates below it say nothing new (RFC 6582 3.2 (1)). */
  recover: Seq;
  readonly #mss: number;

  /** `mss`: bytes of a full segment; `iss`: so that the first loss is news. */
  constructor(mss: number, iss: Seq) {
    this.#mss = mss;
    this.cwnd = Math.min(10 * mss, Math.max(2 * mss, 14_600)); // RFC 6928 2
    this.recover = iss;
  }

  /** What limited transmit lets out beyond cwnd: one segment for each of the first two duplicates. */
  get extra(): number {
    return this.recovering ? 0 : Math.min(this.duplicates, DUPLICATES - 1) * this.#mss;
  }

  /**
   * `una` moved forward by `acked` bytes; `limited`: cwnd had been what held the sender back.
   * True when a partial ACK asks for the next hole to be sent again at once (RFC 6582 3.2 (3)).
   */
  acked(acked: number, una: Seq, limited: boolean): boolean {
    this.duplicates = 0;
    if (this.recovering) {
      if (after(this.recover, una)) {
        this.cwnd = Math.max(this.#mss, this.cwnd - acked + (acked >= this.#mss ? this.#mss : 0));
        return true;
      }
      this.recovering = false;
      this.cwnd = this.ssthresh;
    } else if (limited) {
      if (this.cwnd < this.ssthresh) this.cwnd += acked;
      else this.cwnd += Math.max(1, Math.floor((this.#mss * Math.min(acked, this.cwnd)) / this.cwnd));
    }
    return false;
  }

  /** A duplicate ACK. True when the first hole is to be sent again now: the third in a row. */
  duplicate(una: Seq, sndMax: Seq): boolean {
    if (this.recovering) {
      this.cwnd += this.#mss; // another segment has left the cable
      return false;
    }
    if (++this.duplicates !== DUPLICATES || !after(una, this.recover)) return false;
    this.#halve(distance(sndMax, una));
    this.cwnd = this.ssthresh + DUPLICATES * this.#mss;
    this.recovering = true;
    this.recover = sndMax;
    return true;
  }

  /** The retransmission timer fired. For the same segment again, the flight is the same, and so is half of it. */
  timedOut(una: Seq, sndMax: Seq): void {
    this.#halve(distance(sndMax, una));
    this.cwnd = this.#mss;
    this.duplicates = 0;
    this.recovering = false;
    this.recover = sndMax;
  }

  #halve(flight: number): void {
    this.ssthresh = Math.max(flight >> 1, 2 * this.#mss);
  }
}
