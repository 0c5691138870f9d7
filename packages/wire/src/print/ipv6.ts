// IPv6, RFC 8200. Its extension headers have lines of their own.
import { format6 } from '../address.ts';
import { u8 } from '../bytes.ts';
import * as Ipv6 from '../ipv6.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { EXTENSIONS } from './ipv6-extensions.ts';

export const printIpv6: Dissector = (d, at, end) => {
  const { b, out } = d;
  d.family = 'ipv6';
  d.ip = at;
  d.whole = false;
  if (!d.layer('ipv6', 'IPv6', at, end, Ipv6.HEADER)) return;
  d.between(format6(b, at + Ipv6.SRC), format6(b, at + Ipv6.DST));
  out.field('ver', u8(b, at) >>> 4);
  out.hex('class', Ipv6.trafficClass(b, at), 2);
  out.hex('flow', Ipv6.flowLabel(b, at), 5);
  out.field('plen', Ipv6.payloadLength(b, at));
  out.field('nh', Ipv6.next(b, at), d.protocolName(Ipv6.next(b, at)));
  out.field('hlim', Ipv6.hopLimit(b, at));
  out.ip6('src', b, at + Ipv6.SRC);
  out.ip6('dst', b, at + Ipv6.DST);
  const why = Ipv6.check(b, at, end);
  if (why === Ipv6.Malformed.VERSION) return void out.fault('not version 6');
  d.whole = why === Ipv6.Malformed.NO;
  if (!d.whole && !d.quoted) out.fault(`truncated: ${end - at} < ${Ipv6.end(b, at) - at}`);
  follow(d, Ipv6.next(b, at), at + Ipv6.HEADER, Math.min(end, Ipv6.end(b, at)));
};

/** Extension headers, and what is behind them. */
function follow(d: Dissection, next: number, at: number, end: number): void {
  for (let left = Ipv6.MAX_EXTENSIONS; ; left--) {
    const extension = EXTENSIONS[next];
    if (extension === undefined) break;
    if (left === 0) return void d.out.fault('too many extension headers');
    const after = extension(d, at, end);
    if (after < 0) return;
    next = u8(d.b, at);
    at = after;
  }
  if (next !== Ipv6.Next.NONE) d.protocol(next, at, end);
}
