// What IP tells a transport about one packet. One object per stack, reused; everything in it is lent.
import type { Endpoint } from './endpoint.ts';

export interface Packet {
  b: Uint8Array;
  /** Offset of the Ethernet header; the source MAC is at frame + 6. */
  frame: number;
  /** Offset of the IP header. */
  ip: number;
  /** Offset of the transport header. */
  at: number;
  /** End of the IP packet. */
  end: number;
  protocol: number;
  /** TTL or hop limit as received. */
  hops: number;
  tos: number;
  /** Unfolded sum of the pseudo header. */
  pseudo: number;
  /** The transport checksum needs no verification. */
  trusted: boolean;
  /** Address from the IP header; the port is the transport's to fill. */
  readonly from: Endpoint;
  readonly to: Endpoint;
}
