// The cable between a switch and the network behind it: in memory, without a queue. What the stack commits is on its ports
// at once; what guests send is lent to the stack from where it lies.
import { Handlers, type Link, NO_OFFLOAD, type Offload } from '@reslirp/link';

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;

/** The switch, as the uplink sees it. */
export interface Inside {
  /** The network sends [at, end) of `b`. */
  sent(b: Uint8Array, at: number, end: number): void;
  /** A port has become full a moment ago. */
  mustWait(): boolean;
  flush(): void;
}

export class Uplink extends Handlers implements Link {
  readonly mtu: number;
  readonly offload: Offload = NO_OFFLOAD;
  readonly slab: Uint8Array;
  /** The switch's end of it. */
  readonly inside: Link;
  readonly #switch: Inside;
  #waiting: boolean = false;
  #closed: boolean = false;

  constructor(mtu: number, mru: number, inside: Inside) {
    super();
    this.mtu = mtu;
    this.slab = new Uint8Array(mtu + HEADERS);
    this.#switch = inside;
    this.inside = new Lending(mru, (b, at, end) => {
      if (!this.#closed) this.frame(b, at, end, false);
    });
  }

  /** The stack was told to wait. */
  get isWaiting(): boolean {
    return this.#waiting;
  }

  reserve(size: number): number {
    if (this.#closed || size > this.slab.length) return -1;
    if (!this.#switch.mustWait()) return 0;
    this.#waiting = true;
    return -1;
  }

  commit(size: number, lent: Uint8Array | null = null, from: number = 0, to: number = 0): void {
    if (lent !== null) this.slab.set(lent.subarray(from, to), size);
    this.#switch.sent(this.slab, 0, size + (lent === null ? 0 : to - from));
  }

  flush(): void {
    this.#switch.flush();
  }

  close(): void {
    this.#closed = true;
  }

  /** For the switch: a port takes frames again, or is not waited for any longer. */
  hasRoom(): void {
    if (!this.#waiting || this.#switch.mustWait()) return;
    this.#waiting = false;
    if (!this.#closed) this.room();
  }
}

/** What a switch sends into the network: frames are copied nowhere, but for the slab that every link has. */
class Lending extends Handlers implements Link {
  readonly mtu: number;
  readonly offload: Offload = NO_OFFLOAD;
  readonly slab: Uint8Array;
  readonly #take: (b: Uint8Array, at: number, end: number) => void;

  constructor(mtu: number, take: (b: Uint8Array, at: number, end: number) => void) {
    super();
    this.mtu = mtu;
    this.slab = new Uint8Array(mtu + HEADERS);
    this.#take = take;
  }

  reserve(size: number): number {
    return size > this.slab.length ? -1 : 0;
  }

  commit(size: number): void {
    this.#take(this.slab, 0, size);
  }

  flush(): void {}

  close(): void {}
}
