// One line per IPv6 packet, beside print.ts. What has a checksum is verified.
import { Cut, type Unfinished } from '@reslirp/link';
import { format6, formatMac } from '@reslirp/wire/address';
import { u8, u16 } from '@reslirp/wire/bytes';
import { fold, pseudo6 } from '@reslirp/wire/checksum';
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ipv6 from '@reslirp/wire/ipv6';
import * as Tcp from '@reslirp/wire/tcp';
import * as Udp from '@reslirp/wire/udp';
import { flagNames, must, shown } from './print.ts';

export function printIp6(b: Uint8Array, ip: number, unfinished: Unfinished | null): string {
  must(Ipv6.check(b, ip, b.length) === Ipv6.Malformed.NO, 'IPv6');
  must(Ipv6.end(b, ip) === b.length, 'length of IPv6');
  const upper = Ipv6.blank();
  must(Ipv6.walk(b, ip, upper) === Ipv6.Malformed.NO, 'extension headers');
  const who = `${format6(b, ip + Ipv6.SRC)} > ${format6(b, ip + Ipv6.DST)}`;
  const { at, fragment, protocol } = upper;
  if (fragment >= 0) {
    const from = Ipv6.fragmentOffset(b, fragment);
    return `${who} fragment ${from}-${from + b.length - at}${Ipv6.moreFragments(b, fragment) ? '+' : ''}`;
  }
  const pseudo = pseudo6(b, ip + Ipv6.SRC, protocol, b.length - at);
  if (protocol === Ipv6.Next.ICMP6) return `${who} ${printIcmp6(b, ip, at, pseudo)}`;
  if (unfinished !== null) {
    const { sumFrom, sumField, cut } = unfinished;
    must(sumFrom === at && (cut === Cut.NO || cut === Cut.TCP6), 'unfinished');
    must(u16(b, at + sumField) === fold(pseudo), 'pseudo-header sum');
  }
  if (protocol === Ipv6.Next.UDP) {
    must(unfinished !== null || (!Udp.isUnsummed(b, at) && Udp.verify(b, at, pseudo)), 'UDP checksum');
    return `${who} udp ${Udp.srcPort(b, at)} > ${Udp.dstPort(b, at)} ${shown(b, at + Udp.HEADER)}`;
  }
  must(protocol === Ipv6.Next.TCP, `protocol ${protocol}`);
  must(unfinished !== null || Tcp.verify(b, at, b.length, pseudo), 'TCP checksum');
  return `${who} tcp ${Tcp.srcPort(b, at)} > ${Tcp.dstPort(b, at)} ${flagNames(Tcp.flags(b, at))}`;
}

const NAMES: Readonly<Record<number, string>> = {
  1: 'unreachable',
  2: 'too big',
  3: 'exceeded',
  4: 'problem',
  134: 'router',
  135: 'who is',
  136: 'is',
};

function printIcmp6(b: Uint8Array, ip: number, at: number, pseudo: number): string {
  must(Icmp6.check(b, at, b.length, pseudo) === Icmp6.Malformed.NO, 'ICMPv6 checksum');
  const type = Icmp6.type(b, at);
  const name = NAMES[type] ?? `icmp6 ${type}`;
  const data = at + Icmp6.HEADER;
  if (Icmp6.isError(type)) {
    const quoted = `${format6(b, data + Ipv6.SRC)} > ${format6(b, data + Ipv6.DST)}`;
    return `${name} ${Icmp6.code(b, at)} rest ${Icmp6.rest(b, at)} about ${quoted} (${b.length - data})`;
  }
  if (type === Icmp6.Type.ECHO_REPLY) return `${name} ${Icmp6.id(b, at)}/${Icmp6.sequence(b, at)} ${shown(b, data)}`;
  must(u8(b, ip + 7) === Icmp6.NEIGHBOUR_HOPS, 'hop limit of neighbour discovery');
  must(Icmp6.checkNeighbour(b, at, b.length) === Icmp6.Malformed.NO, 'neighbour discovery');
  const flags = (Icmp6.rest(b, at) >>> 0).toString(16);
  if (type === Icmp6.Type.ROUTER_ADVERTISEMENT) return `${name} ${flags}${options(b, at)}`;
  const target = format6(b, at + Icmp6.TARGET);
  const kind = type === Icmp6.Type.NEIGHBOUR_SOLICITATION ? Icmp6.Option.SOURCE_LINK : Icmp6.Option.TARGET_LINK;
  const link = Icmp6.option(b, at, b.length, kind);
  return `${name} ${target} ${flags} at ${formatMac(b, link + 2)} > ${formatMac(b, 0)}`;
}

/** Kinds and lengths. */
function options(b: Uint8Array, at: number): string {
  let all = '';
  for (let p = at + Icmp6.HEADER + 8; p < b.length; p += u8(b, p + 1) * 8) all += ` ${u8(b, p)}:${u8(b, p + 1) * 8}`;
  return all;
}
