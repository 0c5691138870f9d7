// Reassembly of datagrams, RFC 791 3.2 and RFC 1122 3.3.2, RFC 8200 4.5, with what later RFCs learned. One for each IP version.
//
//   key and piece filled > add() > isWhole: the datagram lies in `bytes`, with the Ethernet header of its first fragment in front of it
//
// Overlap       a datagram whose fragments disagree about a byte, or about its end, is given up as a whole, and so is whatever
//               of it comes later (RFC 5722, written for IPv6 and as right for IPv4). A fragment that came twice is one
//               fragment (RFC 8200 4.5): lossy cables repeat frames.
// Memory        fragments are copied and kept until the datagram is whole, or its time is over: of IPv6 60 s from the first one
//               to come, of IPv4 30 s, as libslirp (RFC 1122 asks for 60 to 120 s, made for a slower network). Datagrams and bytes are
//               capped over both versions (reassembly-room.ts); the one that has waited longest goes first.
// Time exceeded is sent when the first fragment is there: only that one can be quoted (RFC 792).
import * as Ether from '@reslirp/wire/ether';
import { Drop, type DropCounters } from '../drop.ts';
import { KeyTable, NONE } from '../key-table.ts';
import { blankPiece, Fragments, type Piece, type PutHeader } from './fragments.ts';
import type { ReassemblyRoom, Tenant } from './reassembly-room.ts';

/** The largest header that putHeader() may write, and the largest payload behind it. */
const MAX_PACKET = 40 + 65_535;
/** Source, destination, protocol where it counts, identification. */
const KEY_WORDS = 10;

export interface ReassemblyParts {
  readonly errors: ReassemblyErrors;
  readonly drops: DropCounters;
  readonly random: () => number;
  readonly room: ReassemblyRoom;
  /** Milliseconds from the first fragment on. */
  readonly timeout: number;
  /** Bytes of the largest datagram, IP header aside. */
  readonly largest: number;
  readonly putHeader: PutHeader;
}

export interface ReassemblyErrors {
  /** The rest did not come in time; [at, end) of `b` is the first fragment. */
  reassemblyExceeded(b: Uint8Array, at: number, end: number, now: number): void;
}

export class Reassembly implements Tenant {
  /** The datagram that add() has just made whole, valid until the next add(). */
  readonly bytes: Uint8Array = new Uint8Array(Ether.HEADER + MAX_PACKET);
  /** Where its Ethernet and its IP header lie in `bytes`. */
  readonly frame: number = 0;
  readonly ip: number = Ether.HEADER;
  isWhole: boolean = false;
  trusted: boolean = false;
  readonly #parts: ReassemblyParts;
  readonly #table: KeyTable;
  readonly #waiting: (Fragments | null)[] = [];
  /** Which datagram the fragment is of, and the fragment: to be filled before add(). */
  readonly key: Int32Array = new Int32Array(KEY_WORDS);
  readonly piece: Piece = blankPiece();
  #held: number = 0;

  constructor(parts: ReassemblyParts) {
    this.#parts = parts;
    this.#table = new KeyTable(KEY_WORDS, parts.room.limits.reassemblies, parts.random);
    parts.room.join(this);
  }

  get size(): number {
    return this.#table.size;
  }

  /** Bytes held, bookkeeping included. */
  get held(): number {
    return this.#held;
  }

  /** The fragment in `piece`. */
  add(now: number): Drop {
    const { drops, largest, putHeader } = this.#parts;
    this.isWhole = false;
    const { at, end, from, last } = this.piece;
    const to = from + end - at;
    if (to === from || to > largest || (!last && to % 8 !== 0)) return drops.count(Drop.FRAGMENT_MALFORMED);
    const slot = this.#slot(now);
    const datagram = this.#waiting[slot]!;
    const before = datagram.cost;
    if (datagram.isRefused || !datagram.add(this.piece)) {
      datagram.refuse();
      this.#held -= before;
      return drops.count(Drop.FRAGMENT_OVERLAP);
    }
    this.#held += datagram.cost - before;
    if (!datagram.isComplete) {
      this.#parts.room.shrink(); // which may take the one that has just grown
      return this.#waiting[slot] === datagram ? Drop.NO : Drop.FRAGMENT_EVICTED;
    }
    this.trusted = datagram.join(this.bytes, putHeader);
    this.isWhole = true;
    this.#remove(slot);
    return Drop.NO;
  }

  get since(): number {
    const { oldest } = this.#table;
    return oldest === NONE ? Infinity : this.#waiting[oldest]!.since;
  }

  evict(): void {
    this.#remove(this.#table.oldest);
    this.#parts.drops.count(Drop.FRAGMENT_EVICTED);
  }

  /** When expire() must be called at the latest. */
  deadline(): number {
    return this.since + this.#parts.timeout;
  }

  /** Gives up what has waited long enough. */
  expire(now: number): void {
    while (this.deadline() <= now) {
      const datagram = this.#remove(this.#table.oldest);
      if (datagram.isRefused) continue;
      this.#parts.drops.count(Drop.FRAGMENT_EXPIRED);
      const first = datagram.first;
      if (first !== null) this.#parts.errors.reassemblyExceeded(first, Ether.HEADER, first.length, now);
    }
  }

  #slot(now: number): number {
    const { key } = this;
    const known = this.#table.find(key);
    if (known !== NONE) return known;
    this.#parts.room.admit();
    const slot = this.#table.add(key);
    this.#waiting[slot] = new Fragments(now);
    return slot;
  }

  #remove(slot: number): Fragments {
    const datagram = this.#waiting[slot]!;
    this.#held -= datagram.cost;
    this.#waiting[slot] = null;
    this.#table.remove(slot);
    return datagram;
  }
}
