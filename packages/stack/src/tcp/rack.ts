// Which segments are lost, for a guest that speaks SACK: RACK-TLP, RFC 8985.
//
// A segment is lost when one that left later has arrived, and it has not within a quarter of the round trip: time decides, and
// not a count of duplicates, so a repeated segment can be lost again, and one that was overtaken is waited for. A tail
// that nothing follows is found by a probe (7). What the guest says it has twice (RFC 2883) was sent again in vain: then there is
// more patience.
import type { TcpOptions } from '@reslirp/wire/tcp-options';
import { Mark } from './flight.ts';
import { DUPLICATES, Recovery } from './recovery.ts';
import { after, before, type Seq } from './seq.ts';

/** RFC 8985 6.2 step 4: of the smallest round trip, and how many of them at most. */
const PATIENCE = 1 / 4;
const MOST_PATIENCE = 4;
/** RFC 6298 2.3, alpha. */
const SMOOTHING = 1 / 8;
/** Recoveries after which a DSACK is forgotten. */
const MEMORY = 16;

export class Rack extends Recovery {
  readonly probes: boolean = true;
  /** RACK.xmit_ts, RACK.end_seq and RACK.rtt: of the entry that left last of all that arrived. */
  #sentAt: number = -Infinity;
  #end: Seq;
  #rtt: number = 0;
  /** What round trips are like, overtakers among others: RFC 6298 2.3, of entries that left once. 0 before the first. */
  #usualRtt: number = 0;
  /** RACK.fack: the highest that arrived. */
  #highest: Seq;
  #reordered: boolean = false;
  #patience: number = 1;
  #patienceLeft: number = 0;

  constructor(mss: number, una: Seq) {
    super(mss, una);
    this.#end = una;
    this.#highest = una;
  }

  heard(options: TcpOptions, una: Seq, max: Seq, now: number, limited: boolean): void {
    this.begin();
    const had = this.flight.count;
    if (after(una, this.flight.base)) this.acknowledged(una, now);
    if (after(una, this.#highest)) this.#highest = una;
    if (options.sackRanges > 0) this.#selected(options, max, now);
    this.end(now, limited);
    if (this.recovering && !before(una, this.recover)) this.#recovered();
    if (had > 0) this.detect(now, max);
  }

  /** What has arrived is said by SACK. */
  duplicate(): void {}

  /** RFC 8985 6.2 step 5. */
  detect(now: number, max: Seq): void {
    const { flight } = this;
    this.lostAt = Infinity;
    if (flight.count === 0 || this.#sentAt === -Infinity || (flight.sacked === 0 && !this.recovering)) return;
    const patience = this.#roundTrip() + this.#reorderWindow();
    let lost = 0;
    for (let i = 0; i < flight.count; i++) {
      if ((flight.marks(i) & (Mark.SACKED | Mark.LOST)) !== 0) continue;
      const sentAt = flight.sentAt(i);
      if (sentAt > this.#sentAt || (sentAt === this.#sentAt && !before(flight.end(i), this.#end))) continue;
      if (sentAt + patience <= now) {
        lost += flight.size(i);
        flight.markLost(i);
      } else this.lostAt = Math.min(this.lostAt, sentAt + patience);
    }
    if (lost > 0) this.lost(lost, max);
  }

  /** RFC 2018 8: a guest that says it has what comes next, and does not acknowledge it, has thrown all of it away. */
  override timedOut(now: number, max: Seq): void {
    const { flight } = this;
    if (flight.count > 0 && (flight.marks(0) & Mark.SACKED) !== 0) flight.forgetSacked();
    super.timedOut(now, max);
  }

  /** RFC 8985 6.3: what left a moment ago is not lost because the first one is. */
  protected isOverdue(i: number, now: number): boolean {
    return this.flight.sentAt(i) + this.#roundTrip() + this.#reorderWindow() <= now;
  }

  /** RFC 2018 4, as far as it can be believed. A first block that is known already says what came twice (RFC 2883 4). */
  #selected(options: TcpOptions, max: Seq, now: number): void {
    const { sackRanges, sack } = options;
    const first = this.#duplicate(options, this.flight.base) ? 1 : 0;
    for (let n = first; n < sackRanges; n++) {
      const left = sack[2 * n]! as Seq;
      const right = sack[2 * n + 1]! as Seq;
      if (!after(right, left) || before(left, this.flight.base) || after(right, max)) continue;
      this.#block(left, right, now);
    }
  }

  #block(left: Seq, right: Seq, now: number): void {
    const { flight } = this;
    for (let i = this.#indexOf(left); i < flight.count && before(flight.start(i), right); i++) {
      if ((flight.marks(i) & Mark.SACKED) !== 0) continue;
      if (before(flight.start(i), left)) {
        flight.split(i, left);
        continue; // the second half is next
      }
      if (after(flight.end(i), right)) flight.split(i, right);
      if (after(flight.end(i), right)) return; // no room for one more entry
      this.arrived(i, now);
      flight.markSacked(i);
    }
  }

  /** The entry that holds `at`, or the last. Blocks are mostly near the end. */
  #indexOf(at: Seq): number {
    let [low, high] = [0, this.flight.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (after(this.flight.end(middle), at)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** RFC 8985 6.2 steps 1 to 3: an entry that is acknowledged for the first time. */
  protected arrived(i: number, now: number): void {
    const { flight, control } = this;
    const marks = flight.marks(i);
    const sentAt = flight.sentAt(i);
    const rtt = now - sentAt;
    this.credit(i, flight.size(i));
    const again = (marks & Mark.AGAIN) !== 0;
    if (again && rtt < control.minRtt) return; // step 2: it is rather the first one that arrived
    if (!again) this.#sample(rtt, now);
    const end = flight.end(i);
    if (after(end, this.#highest)) this.#highest = end;
    else if (!again && before(end, this.#highest)) this.#reordered = true;
    if (sentAt > this.#sentAt || (sentAt === this.#sentAt && after(end, this.#end))) {
      this.#sentAt = sentAt;
      this.#end = end;
      this.#rtt = rtt;
    }
  }

  /** Whether the first block is a DSACK: below what is acknowledged, or within the second block. */
  #duplicate({ sackRanges, sack }: TcpOptions, una: Seq): boolean {
    const left = sack[0]! as Seq;
    const right = sack[1]! as Seq;
    const isOld = !after(right, una);
    const isInside = sackRanges > 1 && !before(left, sack[2]! as Seq) && !after(right, sack[3]! as Seq);
    if (!isOld && !isInside) return false;
    this.#reordered = true;
    this.#patience = Math.min(MOST_PATIENCE, this.#patience + 1);
    this.#patienceLeft = MEMORY;
    return true;
  }

  #sample(rtt: number, now: number): void {
    this.control.sample(rtt, now);
    this.#usualRtt += (rtt - this.#usualRtt) * (this.#usualRtt === 0 ? 1 : SMOOTHING);
  }

  /** RACK.rtt; but that of an overtaker says nothing of those whom it overtook, and so does a minimum that is an overtaker's. */
  #roundTrip(): number {
    return this.#reordered ? Math.max(this.#rtt, this.#usualRtt) : this.#rtt;
  }

  /** RFC 8985 6.2 step 4. */
  #reorderWindow(): number {
    const { flight, control } = this;
    if (!this.#reordered && (this.recovering || flight.sacked >= DUPLICATES * this.mss)) return 0;
    const base = this.#reordered ? this.#usualRtt : control.minRtt;
    return Number.isFinite(base) ? Math.min(base * PATIENCE * this.#patience, this.#roundTrip()) : 0;
  }

  #recovered(): void {
    this.recovering = false;
    if (this.#patienceLeft > 0 && --this.#patienceLeft === 0) this.#patience = 1;
  }
}
