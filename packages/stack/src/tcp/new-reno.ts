// Which segments are lost, for a guest without SACK: NewReno, RFC 6582, which knows one hole at a time, the first.
//
// A duplicate ACK says that something beyond the hole has arrived, but not what: the entries are taken to arrive in their order, and
// marked so, as many as there were duplicates. That is enough to know what the network still holds, and at what rate it delivers.
// When the hole closes and another one shows, that had been marked in error: the mark goes to the next entry.
import type { TcpOptions } from '@reslirp/wire/tcp-options';
import { Mark } from './flight.ts';
import { DUPLICATES, Recovery } from './recovery.ts';
import { add, after, before, type Seq } from './seq.ts';

export class NewReno extends Recovery {
  /** The answer would be one more duplicate. */
  readonly probes: boolean = false;
  /** Entries that are taken to have arrived: the first of them is the second in flight. */
  #marked: number = 0;
  /** Duplicates in a row. */
  #duplicates: number = 0;
  /** Of them, those for what left after the hole had been filled in vain. */
  #inVain: number = 0;

  constructor(mss: number, una: Seq) {
    super(mss, una);
    this.recover = add(una, -1); // so that the first loss is news
  }

  heard(_options: TcpOptions, una: Seq, max: Seq, now: number, limited: boolean): void {
    if (!after(una, this.flight.base)) return;
    this.begin();
    const had = this.flight.count;
    this.acknowledged(una, now);
    this.end(now, limited);
    this.#duplicates = 0;
    this.#inVain = 0;
    this.#move(had - this.flight.count);
    if (this.recovering && !before(una, this.recover)) this.recovering = false;
    else if (this.recovering && !this.#wasSentAgain()) this.#loseFirst(max); // RFC 6582 3.2 (3): a partial ACK
  }

  duplicate(una: Seq, max: Seq, now: number): void {
    const i = this.#nextUnmarked();
    if (i < 0) return;
    this.begin();
    this.credit(i, this.flight.size(i));
    this.end(now, false); // limited transmit (RFC 3042) lets out no more than what has arrived
    this.flight.markSacked(i);
    this.#marked++;
    this.#duplicates++;
    if (this.#wasSentAgain()) {
      if (this.flight.sentAt(i) > this.flight.sentAt(0)) this.#inVain++;
      if (this.#inVain === DUPLICATES) this.#loseFirst(max);
    } else if (this.#duplicates === DUPLICATES && !this.recovering && after(una, this.recover)) this.#loseFirst(max); // (2)
  }

  /** Time alone says nothing here, but for the retransmission timer. */
  detect(): void {}

  override timedOut(now: number, max: Seq): void {
    this.flight.forgetSacked();
    this.#marked = 0;
    this.#duplicates = 0;
    this.#inVain = 0;
    super.timedOut(now, max);
  }

  protected isOverdue(): boolean {
    return true; // RFC 6582 4: nobody has said what has arrived
  }

  protected arrived(i: number, now: number): void {
    const { flight } = this;
    this.credit(i, flight.size(i));
    if ((flight.marks(i) & Mark.AGAIN) === 0) this.control.sample(now - flight.sentAt(i), now); // Karn
  }

  /** `gone` entries were acknowledged: what remains of the marks lies behind the new hole. */
  #move(gone: number): void {
    this.#marked -= Math.min(this.#marked, Math.max(0, gone - 1));
    if (this.#marked === 0 || gone === 0) return;
    this.flight.clearSacked(0);
    const i = this.#nextUnmarked(this.#marked);
    if (i < 0) this.#marked--;
    else this.flight.markSacked(i);
  }

  /** The first entry from `from` on that is under way, but for the hole; -1 when there is none. */
  #nextUnmarked(from: number = this.#marked + 1): number {
    const { flight } = this;
    for (let i = from; i < flight.count; i++) if ((flight.marks(i) & (Mark.SACKED | Mark.LOST)) === 0) return i;
    return -1;
  }

  #wasSentAgain(): boolean {
    return this.flight.count > 0 && (this.flight.marks(0) & Mark.AGAIN) !== 0;
  }

  #loseFirst(max: Seq): void {
    const { flight } = this;
    this.#inVain = 0;
    if (flight.count === 0 || (flight.marks(0) & Mark.LOST) !== 0) return;
    flight.markLost(0);
    this.lost(flight.size(0), max);
  }
}
