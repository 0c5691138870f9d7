// UDP, RFC 768. What a datagram carries, its ports say.
import { u16 } from '../bytes.ts';
import { sum } from '../checksum.ts';
import * as Ipv4 from '../ipv4.ts';
import * as Udp from '../udp.ts';
import type { Dissector } from './dissection.ts';

export const printUdp: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('udp', 'UDP', at, end, Udp.HEADER)) return;
  const from = Udp.srcPort(b, at);
  const to = Udp.dstPort(b, at);
  d.ports(from, to);
  out.field('src_port', from);
  out.field('dst_port', to);
  out.field('len', Udp.length(b, at));
  const isWhole = Udp.check(b, at, end) === Udp.Malformed.NO;
  const value = u16(b, at + Udp.SUM);
  if (Udp.isUnsummed(b, at)) {
    out.hex('checksum', value, 4);
    if (d.family === 'ipv6' && !d.quoted) out.fault('no checksum, over IPv6');
  } else if (isWhole) {
    d.checksum(value, () => sum(b, at, Udp.end(b, at), d.pseudo(Ipv4.Protocol.UDP, Udp.length(b, at))));
  } else out.hex('checksum', value, 4);
  if (!isWhole && d.whole && !d.quoted) out.fault(`a length of ${Udp.length(b, at)} in ${end - at} bytes`);
  const stop = isWhole ? Udp.end(b, at) : end;
  if (!d.quoted) out.field('payload', stop - at - Udp.HEADER);
  d.service(from, to, at + Udp.HEADER, stop);
};
