// What is on its way to a guest, which of it is lost, and how much more may leave. How loss is found depends on what the guest
// tells: with SACK it is RACK-TLP (rack.ts), without it NewReno (new-reno.ts). What follows from it is the same for both: what
// is lost leaves again first (repair.ts), within the window of rate-control.ts.
import type { TcpOptions } from '@reslirp/wire/tcp-options';
import { Flight, Mark } from './flight.ts';
import { RateControl } from './rate-control.ts';
import { after, distance, type Seq } from './seq.ts';

/** RFC 5681 3.2 (2): without any sign of reordering so many later ones are enough. */
export const DUPLICATES = 3;

export abstract class Recovery {
  readonly flight: Flight;
  readonly control: RateControl;
  /** When something may be known to be lost that is not yet; Infinity when nothing is waited for. */
  lostAt: number = Infinity;
  /** A probe of the tail would tell something (RFC 8985 7). */
  abstract readonly probes: boolean;
  /** A probe is on its way: no second one before something is heard (7.3). */
  probed: boolean = false;
  protected readonly mss: number;
  /** Until `recover` is acknowledged, it is the same recovery. */
  protected recover: Seq;
  protected recovering: boolean = false;
  // Of the ACK at hand: bytes that arrived, and what the newest of them knew of rate when it left
  #bytes: number = 0;
  #before: number = 0;
  #since: number = 0;

  /** `mss`: bytes of a full segment; `una`: SND.UNA, with nothing in flight. */
  constructor(mss: number, una: Seq) {
    this.mss = mss;
    this.flight = new Flight(una);
    this.control = new RateControl(mss);
    this.recover = una;
  }

  /** An ACK that acknowledges more, or has SACK blocks; SND.UNA is `una` now, SND.MAX `max`. `limited`: the window had held us back. */
  abstract heard(options: TcpOptions, una: Seq, max: Seq, now: number, limited: boolean): void;

  /** An ACK that says nothing new: RFC 5681 2. */
  abstract duplicate(una: Seq, max: Seq, now: number): void;

  /** Marks what is lost by now, and says in lostAt when to look again. */
  abstract detect(now: number, max: Seq): void;

  /** Entry `i` is acknowledged for the first time. */
  protected abstract arrived(i: number, now: number): void;

  /** Bytes that may leave now. */
  get room(): number {
    return this.control.cwnd - this.flight.pipe;
  }

  /** New data up to `end` leaves. */
  sent(end: Seq, now: number): void {
    const { flight, control } = this;
    if (flight.count === 0) control.begins(now);
    flight.push(end, now, control.delivered, control.deliveredAt);
  }

  /** Entry `i` leaves again. */
  sentAgain(i: number, now: number): void {
    this.flight.sentAgain(i, now, this.control.delivered, this.control.deliveredAt);
  }

  /** The first entry from `from` on that is lost; -1 when none is. */
  nextLost(from: number): number {
    const { flight } = this;
    if (flight.lost === 0) return -1;
    for (let i = from; i < flight.count; i++) if ((flight.marks(i) & Mark.LOST) !== 0) return i;
    return -1;
  }

  /** What is larger than `mss` has not arrived; no fault of the window. */
  tooBig(mss: number): void {
    const { flight } = this;
    for (let i = 0; i < flight.count; i++) if (flight.size(i) > mss) flight.markLost(i);
  }

  /** The retransmission timer fired: the first segment is lost, and whatever left so long ago that it must be. */
  timedOut(now: number, max: Seq): void {
    const { flight } = this;
    for (let i = 0; i < flight.count; i++) if (i === 0 || this.isOverdue(i, now)) flight.markLost(i);
    this.control.timedOut();
    this.recovering = true;
    this.recover = max;
    this.probed = false;
    this.lostAt = Infinity;
  }

  /** Whether entry `i` would have been heard of by now. */
  protected abstract isOverdue(i: number, now: number): boolean;

  /** Here the work on one ACK begins ... */
  protected begin(): void {
    this.#bytes = 0;
    this.#before = -1;
  }

  /** ... `size` bytes of it are entry `i`, or a part of that ... */
  protected credit(i: number, size: number): void {
    this.#bytes += size;
    const delivered = this.flight.delivered(i);
    if (delivered <= this.#before) return;
    this.#before = delivered;
    this.#since = this.flight.deliveredAt(i);
  }

  /** ... and that was all. */
  protected end(now: number, limited: boolean): void {
    if (this.#bytes === 0) return;
    this.probed = false;
    this.control.acked(this.#bytes, this.#before, this.#since, now, limited);
  }

  /** Entries up to `una` are acknowledged. */
  protected acknowledged(una: Seq, now: number): void {
    const { flight } = this;
    while (flight.count > 0 && !after(flight.end(0), una)) {
      if ((flight.marks(0) & Mark.SACKED) === 0) this.arrived(0, now);
      flight.shift();
    }
    const cut = distance(una, flight.base);
    if (flight.count > 0 && cut > 0 && (flight.marks(0) & Mark.SACKED) === 0) this.credit(0, cut);
    flight.trim(una);
  }

  /** `bytes` are held for lost now. */
  protected lost(bytes: number, max: Seq): void {
    this.control.lost(bytes);
    if (this.recovering) return;
    this.recovering = true;
    this.recover = max;
  }
}
