// How a transport sends to the guest, whatever the IP version. Headers go straight into the link's slab;
// the payload stays where it is and is lent to the link.
import type { Cut } from '@reslirp/link';
import type { Endpoint } from '../endpoint.ts';
import type { Refusal, Report } from '../host.ts';

/** begin() found the link full: try again after onRoom(). */
export const FULL = -1;
/** begin() does not know the guest's MAC: ARP has been asked, try again later. */
export const UNRESOLVED = -2;

export interface IpOutput {
  /** Largest transport packet (header and payload) that goes to `to` in one piece. */
  limit(to: Endpoint): number;
  /** Whether the guest's MAC is known; otherwise ARP has been asked. */
  reachable(to: Endpoint): boolean;
  /**
   * Reserves a frame for a transport packet of `length` bytes (header and payload; more than limit() only when the link
   * cuts it) and writes the Ethernet and IP headers. Returns where in slab() the transport header goes, FULL or UNRESOLVED.
   */
  begin(from: Endpoint, to: Endpoint, protocol: number, length: number, hops: number): number;
  /** The memory that begin() gave an offset into. */
  slab(): Uint8Array;
  /** Unfolded pseudo-header sum of the packet that begin() opened. */
  pseudo(): number;
  /**
   * Sends it. `header`: bytes of the transport header, already written but for its checksum, which lies at `sumField`
   * and is computed here, or left to the link. `cut` and `mss`: how the link shall cut it, Cut.NO and 0 for one segment.
   */
  commit(
    header: number,
    sumField: number,
    lent: Uint8Array | null,
    from: number,
    to: number,
    cut: Cut,
    mss: number,
  ): void;
  /** A datagram of any length (UDP): fragments where limit() asks for it. False when the link or ARP dropped it. */
  datagram(from: Endpoint, to: Endpoint, hops: number, b: Uint8Array, at: number, end: number, now: number): boolean;
}

/** Errors about a packet of the guest, toward the guest. Rate-limited; never about errors, groups or later fragments. */
export interface IpErrors {
  /**
   * The host cannot carry what this packet belongs to. `b` from `at` to `end`: its IP header and at least eight bytes
   * of what follows, which are quoted; more are quoted when they are there.
   */
  unreachable(b: Uint8Array, at: number, end: number, why: Refusal, now: number): void;
  /** The same, in the words of whoever said it beyond the host. */
  report(b: Uint8Array, at: number, end: number, report: Report, now: number): void;
}
