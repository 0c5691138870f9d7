// What is on its way to a guest: one entry for each segment that left, however large, in the order of its
// bytes. RFC 6675's scoreboard and RFC 8985's records of when each one was sent, and what had been delivered by then.
//
// A ring of typed arrays: sending and acknowledging in order, which is nearly always all there is, is a few stores each.
import { after, before, distance, type Seq } from './seq.ts';

export const Mark = {
  /** The guest has it: RFC 2018, or guessed from duplicate ACKs (new-reno.ts). */
  SACKED: 1,
  /** It is held for lost, and has not been sent again since. */
  LOST: 2,
  /** It was sent more than once. */
  AGAIN: 4,
} as const;

const SMALLEST = 16;
/** Entries at most, but for those that are split. */
const MOST = 1 << 14;

export class Flight {
  /** Where the first entry begins: SND.UNA. */
  base: Seq;
  count: number = 0;
  /** Bytes of entries that are marked so. */
  sacked: number = 0;
  lost: number = 0;
  #head: number = 0;
  #mask: number = 0;
  #end: Int32Array = new Int32Array(1);
  #marks: Uint8Array = new Uint8Array(1);
  #sentAt: Float64Array = new Float64Array(1);
  #delivered: Float64Array = new Float64Array(1);
  #deliveredAt: Float64Array = new Float64Array(1);

  constructor(base: Seq) {
    this.base = base;
  }

  /** Nothing more is to be sent for now. */
  get full(): boolean {
    return this.count >= MOST;
  }

  end(i: number): Seq {
    return this.#end[this.#slot(i)]! as Seq;
  }

  start(i: number): Seq {
    return i === 0 ? this.base : this.end(i - 1);
  }

  size(i: number): number {
    return distance(this.end(i), this.start(i));
  }

  /** Bits of Mark. */
  marks(i: number): number {
    return this.#marks[this.#slot(i)]!;
  }

  sentAt(i: number): number {
    return this.#sentAt[this.#slot(i)]!;
  }

  /** Bytes that the guest had acknowledged in all when the entry left, and when it had said so last. */
  delivered(i: number): number {
    return this.#delivered[this.#slot(i)]!;
  }

  deliveredAt(i: number): number {
    return this.#deliveredAt[this.#slot(i)]!;
  }

  /** Bytes that the network still holds, as far as we know: RFC 6675 4. */
  get pipe(): number {
    return this.count === 0 ? 0 : distance(this.end(this.count - 1), this.base) - this.sacked - this.lost;
  }

  /** What lies between the end so far and `end` has left now. */
  push(end: Seq, now: number, delivered: number, deliveredAt: number): void {
    if (this.count > this.#mask) this.#grow();
    const slot = this.#slot(this.count++);
    this.#end[slot] = end;
    this.#marks[slot] = 0;
    this.#sentAt[slot] = now;
    this.#delivered[slot] = delivered;
    this.#deliveredAt[slot] = deliveredAt;
  }

  /** Entry `i` has left once more. */
  sentAgain(i: number, now: number, delivered: number, deliveredAt: number): void {
    const slot = this.#slot(i);
    this.#clearLost(i, slot);
    this.#marks[slot]! |= Mark.AGAIN;
    this.#sentAt[slot] = now;
    this.#delivered[slot] = delivered;
    this.#deliveredAt[slot] = deliveredAt;
  }

  markSacked(i: number): void {
    const slot = this.#slot(i);
    this.#clearLost(i, slot);
    this.#marks[slot]! |= Mark.SACKED;
    this.sacked += this.size(i);
  }

  markLost(i: number): void {
    const slot = this.#slot(i);
    if ((this.#marks[slot]! & (Mark.LOST | Mark.SACKED)) !== 0) return;
    this.#marks[slot]! |= Mark.LOST;
    this.lost += this.size(i);
  }

  clearSacked(i: number): void {
    const slot = this.#slot(i);
    if ((this.#marks[slot]! & Mark.SACKED) === 0) return;
    this.#marks[slot]! &= ~Mark.SACKED;
    this.sacked -= this.size(i);
  }

  /** RFC 2018 8: the guest has thrown away what it said it had. */
  forgetSacked(): void {
    for (let i = 0; i < this.count; i++) this.#marks[this.#slot(i)]! &= ~Mark.SACKED;
    this.sacked = 0;
  }

  /** The first entry is acknowledged as a whole, and goes. */
  shift(): void {
    const slot = this.#head;
    const end = this.end(0);
    const size = distance(end, this.base);
    if ((this.#marks[slot]! & Mark.SACKED) !== 0) this.sacked -= size;
    if ((this.#marks[slot]! & Mark.LOST) !== 0) this.lost -= size;
    this.base = end;
    this.#head = (slot + 1) & this.#mask;
    this.count--;
  }

  /** The first entry is acknowledged up to `una`, or there is none. */
  trim(una: Seq): void {
    if (!after(una, this.base)) return;
    const cut = distance(una, this.base);
    if (this.count > 0) {
      const marks = this.marks(0);
      if ((marks & Mark.SACKED) !== 0) this.sacked -= cut;
      if ((marks & Mark.LOST) !== 0) this.lost -= cut;
    }
    this.base = una;
  }

  /** Entry `i` becomes two, the first of which ends at `at`. */
  split(i: number, at: Seq): void {
    if (!after(at, this.start(i)) || !before(at, this.end(i))) return;
    if (this.count > this.#mask) this.#grow();
    for (let j = this.count; j > i; j--) this.#copy(j - 1, j);
    this.count++;
    this.#end[this.#slot(i)] = at;
  }

  #slot(i: number): number {
    return (this.#head + i) & this.#mask;
  }

  #copy(from: number, to: number): void {
    const a = this.#slot(from);
    const z = this.#slot(to);
    this.#end[z] = this.#end[a]!;
    this.#marks[z] = this.#marks[a]!;
    this.#sentAt[z] = this.#sentAt[a]!;
    this.#delivered[z] = this.#delivered[a]!;
    this.#deliveredAt[z] = this.#deliveredAt[a]!;
  }

  #clearLost(i: number, slot: number): void {
    if ((this.#marks[slot]! & Mark.LOST) === 0) return;
    this.#marks[slot]! &= ~Mark.LOST;
    this.lost -= this.size(i);
  }

  #grow(): void {
    const size = Math.max(SMALLEST, (this.#mask + 1) * 2);
    const order = Array.from({ length: this.count }, (_, i) => this.#slot(i));
    this.#end = moved(this.#end, new Int32Array(size), order);
    this.#marks = moved(this.#marks, new Uint8Array(size), order);
    this.#sentAt = moved(this.#sentAt, new Float64Array(size), order);
    this.#delivered = moved(this.#delivered, new Float64Array(size), order);
    this.#deliveredAt = moved(this.#deliveredAt, new Float64Array(size), order);
    this.#head = 0;
    this.#mask = size - 1;
  }
}

function moved<T extends Int32Array | Uint8Array | Float64Array>(from: T, to: T, order: readonly number[]): T {
  for (const [i, slot] of order.entries()) to[i] = from[slot]!;
  return to;
}
