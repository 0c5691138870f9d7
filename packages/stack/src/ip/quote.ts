// The start of a packet of the guest that nobody has kept, for an ICMP error about it: the guest finds its socket by addresses,
// protocol and ports, or by the identifier of an echo.
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Ipv6 from '@reslirp/wire/ipv6';
import type { Endpoint } from '../endpoint.ts';

/** RFC 1122 3.2.1.7 */
const HOPS = 64;
/** RFC 792: what follows the IP header. */
const TRANSPORT = 8;

/** Bytes that a quote takes at most. */
export const QUOTE: number = Ipv6.HEADER + TRANSPORT;

/** Writes the IP header to b[0]. Returns where the eight bytes of the transport's header go. */
export function putQuote(b: Uint8Array, from: Endpoint, to: Endpoint, protocol: number): number {
  if (from.is4) {
    Ipv4.emit(b, 0, Ipv4.HEADER + TRANSPORT, from.ip4, to.ip4, protocol, HOPS, 0, 0, 0);
    return Ipv4.HEADER;
  }
  Ipv6.emit(b, 0, TRANSPORT, protocol, HOPS, 0, 0);
  from.put6(b, Ipv6.SRC);
  to.put6(b, Ipv6.DST);
  return Ipv6.HEADER;
}
