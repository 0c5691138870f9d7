// What IP tells a transport about one packet. One object per stack, reused; everything in it is lent.
import type { Drop } from './drop.ts';
import { Endpoint } from './endpoint.ts';

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

export function blankPacket(): Packet {
  return {
    b: new Uint8Array(0),
    frame: 0,
    ip: 0,
    at: 0,
    end: 0,
    protocol: 0,
    hops: 0,
    tos: 0,
    pseudo: 0,
    trusted: false,
    from: new Endpoint(),
    to: new Endpoint(),
  };
}

/** What IP hands a packet to. */
export interface Transport {
  input(p: Packet, now: number): Drop;
}
