// One unfinished datagram: its fragments, in order of their place. RFC 815's holes are the gaps between them.
import * as Ether from '@reslirp/wire/ether';

/** What a kept fragment costs beside its bytes: objects and links. A guest must not get those for nothing. */
const OVERHEAD = 128;
/** Where the IP header lies in Fragment.bytes. */
const IP = Ether.HEADER;

/** One fragment, as either IP version tells of it. One object, reused; lent. */
export interface Piece {
  b: Uint8Array;
  /** Offset of the Ethernet header. */
  frame: number;
  /** Of the IP packet, [ip, end), and of what it carries of the datagram. */
  ip: number;
  at: number;
  end: number;
  /** Its place in the datagram, bytes. */
  from: number;
  /** Nothing of the datagram is behind it. */
  last: boolean;
  trusted: boolean;
}

export function blankPiece(): Piece {
  return { b: new Uint8Array(0), frame: 0, ip: 0, at: 0, end: 0, from: 0, last: false, trusted: false };
}

/**
 * Writes the IP header of a whole datagram of `total` bytes to into[at]: that of its first fragment, the packet at first[ip]
 * whose payload is at `payload`, without what made it a fragment. Returns its size.
 */
export type PutHeader = (
  into: Uint8Array,
  at: number,
  first: Uint8Array,
  ip: number,
  payload: number,
  total: number,
) => number;

interface Fragment {
  /** Ethernet header and IP packet. */
  readonly bytes: Uint8Array;
  /** Offset of the payload. */
  readonly at: number;
  /** Its place in the datagram's payload, [from, to). */
  readonly from: number;
  readonly to: number;
  readonly trusted: boolean;
}

export class Fragments {
  /** When the first of them came. */
  readonly since: number;
  /** Memory held. */
  cost: number = 0;
  /** They contradict each other: nothing is kept, and nothing more is taken. */
  isRefused: boolean = false;
  readonly #fragments: Fragment[] = [];
  #received: number = 0;
  /** Payload of the datagram, once the last fragment is here; -1 before. */
  #total: number = -1;

  constructor(since: number) {
    this.since = since;
  }

  get isComplete(): boolean {
    return this.#received === this.#total;
  }

  /** The fragment with the transport header, as it came; null while it is missing. */
  get first(): Uint8Array | null {
    const fragment = this.#fragments[0];
    return fragment?.from === 0 ? fragment.bytes : null;
  }

  /** Keeps a copy. False when it contradicts what is here. */
  add({ b, frame, ip, at: payload, end, from, last, trusted }: Piece): boolean {
    const to = from + end - payload;
    if (this.#total < 0 ? last && this.#reach() > to : to > this.#total || last !== (to === this.#total)) return false;
    const place = this.#placeOf(from);
    const before = this.#fragments[place - 1];
    if (before?.from === from && before.to === to && last === (to === this.#total)) {
      return same(before, b, payload);
    }
    if ((before !== undefined && before.to > from) || (this.#fragments[place]?.from ?? to) < to) return false;
    const bytes = new Uint8Array(IP + end - ip);
    bytes.set(b.subarray(frame, frame + Ether.HEADER));
    bytes.set(b.subarray(ip, end), IP);
    this.#fragments.splice(place, 0, { bytes, at: IP + payload - ip, from, to, trusted });
    this.#received += to - from;
    this.cost += bytes.length + OVERHEAD;
    if (last) this.#total = to;
    return true;
  }

  refuse(): void {
    this.isRefused = true;
    this.#fragments.length = 0;
    this.cost = 0;
  }

  /** Writes the whole datagram behind the Ethernet header of its first fragment. True when every fragment was trusted. */
  join(into: Uint8Array, putHeader: PutHeader): boolean {
    const { bytes, at } = this.#fragments[0]!;
    into.set(bytes.subarray(0, IP));
    const data = IP + putHeader(into, IP, bytes, IP, at, this.#total);
    for (const f of this.#fragments) into.set(f.bytes.subarray(f.at), data + f.from);
    return this.#fragments.every((f) => f.trusted);
  }

  /** How far the farthest of them goes. */
  #reach(): number {
    return this.#fragments.at(-1)?.to ?? 0;
  }

  /** Index behind the last fragment that begins at `from` or before it. They mostly come in order: from the back. */
  #placeOf(from: number): number {
    let place = this.#fragments.length;
    while (place > 0 && this.#fragments[place - 1]!.from > from) place--;
    return place;
  }
}

/** Whether the payload at b[at] is the fragment's, byte for byte. */
function same(f: Fragment, b: Uint8Array, at: number): boolean {
  for (let i = f.at; i < f.bytes.length; i++, at++) if (f.bytes[i] !== b[at]) return false;
  return true;
}
