// Reassembly of IPv4 datagrams, RFC 791 3.2 and RFC 1122 3.3.2, with what later RFCs learned.
//
//   add() > isWhole: the datagram lies in `bytes`, with the Ethernet header of its first fragment in front of it
//
// Overlap       a datagram whose fragments disagree about a byte, or about its end, is given up as a whole, and so is whatever
//               of it comes later (RFC 5722, written for IPv6 and as right here). A fragment that came twice is one
//               fragment (RFC 8200 4.5): lossy cables repeat frames.
// Memory        fragments are copied and kept until the datagram is whole, or its time is over (30 s from the first one to
//               come, as libslirp; RFC 1122 asks for 60 to 120 s, made for a slower network). Datagrams and bytes are
//               capped; the one that has waited longest goes first.
// Time exceeded is sent when the first fragment is there: only that one can be quoted (RFC 792).
import * as Ether from '@reslirp/wire/ether';
import * as Ipv4 from '@reslirp/wire/ipv4';
import { Drop, type DropCounters } from '../drop.ts';
import type { Icmp4Errors } from '../icmp/errors.ts';
import { KeyTable, NONE } from '../key-table.ts';
import { Fragments } from './fragments.ts';

const TIMEOUT = 30_000;
/** RFC 791 3.1 */
const MAX_PACKET = 65_535;

export interface ReassemblyLimits {
  readonly reassemblies: number;
  readonly reassemblyBytes: number;
}

export interface ReassemblyParts {
  readonly errors: Icmp4Errors;
  readonly drops: DropCounters;
  readonly random: () => number;
  readonly limits: ReassemblyLimits;
}

export class Reassembly {
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
  readonly #key: Int32Array = new Int32Array(3);
  #held: number = 0;

  constructor(parts: ReassemblyParts) {
    this.#parts = parts;
    this.#table = new KeyTable(this.#key.length, parts.limits.reassemblies, parts.random);
  }

  get size(): number {
    return this.#table.size;
  }

  /** Bytes held, bookkeeping included. */
  get held(): number {
    return this.#held;
  }

  /** One fragment: the valid IP packet [at, end) of the frame at `frame`. */
  add(b: Uint8Array, frame: number, at: number, end: number, trusted: boolean, now: number): Drop {
    const { drops } = this.#parts;
    this.isWhole = false;
    const from = Ipv4.fragmentOffset(b, at);
    const payload = at + Ipv4.headerLength(b, at);
    const to = from + end - payload;
    const last = !Ipv4.moreFragments(b, at);
    if (to === from || to > MAX_PACKET - Ipv4.HEADER || (!last && to % 8 !== 0)) {
      return drops.count(Drop.FRAGMENT_MALFORMED);
    }
    const slot = this.#slot(b, at, now);
    const datagram = this.#waiting[slot]!;
    const before = datagram.cost;
    if (datagram.isRefused || !datagram.add(b, frame, at, end, trusted)) {
      datagram.refuse();
      this.#held -= before;
      return drops.count(Drop.FRAGMENT_OVERLAP);
    }
    this.#held += datagram.cost - before;
    if (!datagram.isComplete) return this.#makeRoom(slot);
    this.trusted = datagram.join(this.bytes);
    this.isWhole = true;
    this.#remove(slot);
    return Drop.NO;
  }

  /** When expire() must be called at the latest. */
  deadline(): number {
    const oldest = this.#table.oldest;
    return oldest === NONE ? Infinity : this.#waiting[oldest]!.since + TIMEOUT;
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

  /** The datagram that the packet at b[at] belongs to, RFC 791 3.2: source, destination, protocol and identification. */
  #slot(b: Uint8Array, at: number, now: number): number {
    const key = this.#key;
    key[0] = Ipv4.src(b, at);
    key[1] = Ipv4.dst(b, at);
    key[2] = (Ipv4.protocol(b, at) << 16) | Ipv4.id(b, at);
    const known = this.#table.find(key);
    if (known !== NONE) return known;
    if (this.#table.full) this.#evict();
    const slot = this.#table.add(key);
    this.#waiting[slot] = new Fragments(now);
    return slot;
  }

  /** What is held stays below the limit: the longest waiting goes, if need be the one that has just grown. */
  #makeRoom(grown: number): Drop {
    let evicted = NONE;
    while (this.#held > this.#parts.limits.reassemblyBytes) evicted = this.#evict();
    return evicted === grown ? Drop.FRAGMENT_EVICTED : Drop.NO;
  }

  #evict(): number {
    const slot = this.#table.oldest;
    this.#remove(slot);
    this.#parts.drops.count(Drop.FRAGMENT_EVICTED);
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
