// One port of a switch: the link behind it, what is known to be there, and what happened.
import type { Link } from '@reslirp/link';
import { type Mac, textOf } from './stations.ts';

/** What happened at a port. In: what its guest sent. Those in capitals are frames that were dropped, and why. */
export interface PortCounters {
  framesIn: number;
  bytesIn: number;
  framesOut: number;
  bytesOut: number;
  /** Of what came in: sent to every port, for nobody knew where the address is. */
  flooded: number;
  /** Shorter than a header. */
  SHORT: number;
  /** Its source is a group, or the source of another port. */
  SOURCE: number;
  /** For bridges among themselves: IEEE 802.1Q 8.6.3. */
  RESERVED: number;
  /** More frames for everybody than one guest may send. */
  STORM: number;
  /** On its way out: the guest does not take more. */
  FULL: number;
  /** On its way out: longer than the guest takes. */
  TOO_LONG: number;
}

/** As its owner sees it. */
export interface Port {
  readonly counters: Readonly<PortCounters>;
  /** MAC addresses that were heard behind it, '52:54:00:12:34:56'. For people. */
  macs(): string[];
  /** Takes the port out of the switch. The link stays open. */
  detach(): void;
}

/** Ethernet header and one VLAN tag. */
const HEADERS = 18;
const A_SECOND = 1_000;

export class SwitchPort {
  readonly link: Link;
  readonly isUplink: boolean;
  readonly stations: Set<Mac> = new Set();
  readonly counters: PortCounters = {
    framesIn: 0,
    bytesIn: 0,
    framesOut: 0,
    bytesOut: 0,
    flooded: 0,
    SHORT: 0,
    SOURCE: 0,
    RESERVED: 0,
    STORM: 0,
    FULL: 0,
    TOO_LONG: 0,
  };
  /** Since when it takes nothing more; Infinity while it does. */
  fullAt: number = Infinity;
  #secondAt: number = -Infinity;
  #floods: number = 0;

  constructor(link: Link, isUplink: boolean) {
    this.link = link;
    this.isUplink = isUplink;
  }

  macs(): string[] {
    return Array.from(this.stations, textOf);
  }

  /** Sends a copy of [at, end). */
  send(b: Uint8Array, at: number, end: number, now: number): void {
    const { link, counters } = this;
    const size = end - at;
    if (size > link.mtu + HEADERS) {
      counters.TOO_LONG++;
      return;
    }
    const to = link.reserve(size);
    if (to < 0) {
      counters.FULL++;
      if (this.fullAt === Infinity) this.fullAt = now;
      return;
    }
    link.slab.set(b.subarray(at, end), to);
    link.commit(size);
    counters.framesOut++;
    counters.bytesOut += size;
    // Asked before it is needed, so that the network can wait before anything is lost; what is not committed is void
    if (link.reserve(link.mtu + HEADERS) < 0 && this.fullAt === Infinity) this.fullAt = now;
  }

  /** Whether another frame for everybody is one too many within a second. */
  storms(most: number, now: number): boolean {
    if (now - this.#secondAt >= A_SECOND) {
      this.#secondAt = now;
      this.#floods = 0;
    }
    return ++this.#floods > most;
  }
}
