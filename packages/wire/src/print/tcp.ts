// TCP, RFC 9293.
import { u16 } from '../bytes.ts';
import { sum } from '../checksum.ts';
import * as Dns from '../dns.ts';
import * as Ipv4 from '../ipv4.ts';
import * as Tcp from '../tcp.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { printDns } from './dns.ts';
import { printTcpOptions } from './tcp-options.ts';
import { bits } from './writer.ts';

/** What an error message quotes at least, RFC 792: ports and sequence number. */
const QUOTED = 8;
const FLAGS = [
  [Tcp.Flag.FIN, 'FIN'],
  [Tcp.Flag.SYN, 'SYN'],
  [Tcp.Flag.RST, 'RST'],
  [Tcp.Flag.PSH, 'PSH'],
  [Tcp.Flag.ACK, 'ACK'],
  [Tcp.Flag.URG, 'URG'],
  [Tcp.Flag.ECE, 'ECE'],
  [Tcp.Flag.CWR, 'CWR'],
  [0x100, 'AE'],
] as const;

export const printTcp: Dissector = (d, at, end) => {
  const { b, out } = d;
  const isCut = d.quoted && end - at < Tcp.HEADER;
  const header = end - at > 12 ? Tcp.headerLength(b, at) : QUOTED;
  if (!d.layer('tcp', 'TCP', at, end, isCut ? QUOTED : Tcp.HEADER, header)) return;
  d.ports(Tcp.srcPort(b, at), Tcp.dstPort(b, at));
  out.field('src_port', Tcp.srcPort(b, at));
  out.field('dst_port', Tcp.dstPort(b, at));
  out.field('seq', Tcp.seq(b, at) >>> 0);
  if (isCut) return;
  fields(d, at, end);
  const why = Tcp.check(b, at, end);
  if (why !== Tcp.Malformed.NO && d.quoted) return;
  if (header < Tcp.HEADER) return void out.fault(`header of ${header} bytes`);
  if (why !== Tcp.Malformed.NO) return void out.fault(`truncated: ${end - at} < ${header}`);
  if (!d.quoted) out.field('payload', end - at - header);
  if (header > Tcp.HEADER) printTcpOptions(d, at + Tcp.HEADER, at + header);
  if (!d.quoted) stream(d, at, at + header, end);
};

function fields(d: Dissection, at: number, end: number): void {
  const { b, out } = d;
  const flags = u16(b, at + 12) & 0x1ff;
  out.field('ack', Tcp.ack(b, at) >>> 0);
  out.field('hlen', Tcp.headerLength(b, at));
  out.hex('flags', flags, 3, bits(flags, FLAGS).replaceAll(',', ''));
  out.field('window', Tcp.window(b, at));
  d.checksum(u16(b, at + Tcp.SUM), () => sum(b, at, end, d.pseudo(Ipv4.Protocol.TCP, end - at)));
  if ((flags & Tcp.Flag.URG) !== 0) out.field('urgent', Tcp.urgent(b, at));
}

/** Messages of DNS, as far as they begin and end in this segment (RFC 1035 4.2.2). */
function stream(d: Dissection, tcp: number, at: number, end: number): void {
  const { b, out } = d;
  if (Tcp.srcPort(b, tcp) !== Dns.PORT && Tcp.dstPort(b, tcp) !== Dns.PORT) return;
  while (at + 2 + Dns.HEADER <= end && at + 2 + u16(b, at) <= end && !out.full) {
    const stop = at + 2 + u16(b, at);
    printDns(d, at + 2, stop);
    at = stop;
  }
}
