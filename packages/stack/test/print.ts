// One line per frame. What has a checksum is verified: a wrong one is an error of the test, not a line.
import { Cut, type Unfinished } from '@reslirp/link';
import { format4, formatMac } from '@reslirp/wire/address';
import * as Arp from '@reslirp/wire/arp';
import { u16 } from '@reslirp/wire/bytes';
import { fold, pseudo4 } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp4 from '@reslirp/wire/icmp4';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import * as Udp from '@reslirp/wire/udp';
import { printIp6 } from './print6.ts';

export function print(b: Uint8Array, unfinished: Unfinished | null = null): string {
  must(Ether.check(b, 0, b.length) === Ether.Malformed.NO, 'Ethernet header');
  const type = Ether.type(b, 0);
  if (type === Ether.Type.ARP) return printArp(b);
  if (type === Ether.Type.IP6) return printIp6(b, Ether.HEADER, unfinished);
  must(type === Ether.Type.IP4, `type ${type}`);
  return printIp(b, Ether.HEADER, unfinished);
}

function printArp(b: Uint8Array): string {
  const at = Ether.HEADER;
  must(Arp.check(b, at, b.length) === Arp.Malformed.NO, 'ARP');
  const to = formatMac(b, 0);
  const sender = format4(Arp.spa(b, at));
  if (Arp.op(b, at) === Arp.Op.REQUEST) return `arp who is ${format4(Arp.tpa(b, at))} tell ${sender} > ${to}`;
  must(Ether.sameMac(b, Ether.SRC, b, at + Arp.SHA), 'sender of ARP');
  return `arp ${sender} is ${formatMac(b, at + Arp.SHA)} > ${to}`;
}

function printIp(b: Uint8Array, at: number, unfinished: Unfinished | null): string {
  must(Ipv4.check(b, at, b.length) === Ipv4.Malformed.NO, `IP ${Ipv4.check(b, at, b.length)}`);
  must(Ipv4.end(b, at) === b.length, 'length of IP');
  const who = `${format4(Ipv4.src(b, at))} > ${format4(Ipv4.dst(b, at))}`;
  if (Ipv4.isFragment(b, at)) {
    const from = Ipv4.fragmentOffset(b, at);
    const more = Ipv4.moreFragments(b, at) ? '+' : '';
    return `${who} fragment ${from}-${from + Ipv4.end(b, at) - at - Ipv4.headerLength(b, at)}${more}`;
  }
  const payload = at + Ipv4.headerLength(b, at);
  const protocol = Ipv4.protocol(b, at);
  if (protocol === Ipv4.Protocol.ICMP) return `${who} ${printIcmp(b, payload)}`;
  if (protocol === Ipv4.Protocol.UDP) return `${who} ${printUdp(b, at, payload, unfinished)}`;
  must(protocol === Ipv4.Protocol.TCP, `protocol ${protocol}`);
  const pseudo = pseudo4(Ipv4.src(b, at), Ipv4.dst(b, at), protocol, b.length - payload);
  must(Tcp.check(b, payload, b.length) === Tcp.Malformed.NO, 'TCP');
  must(unfinished !== null || Tcp.verify(b, payload, b.length, pseudo), 'TCP checksum');
  return `${who} tcp ${Tcp.srcPort(b, payload)} > ${Tcp.dstPort(b, payload)} ${flagNames(Tcp.flags(b, payload))}`;
}

export function flagNames(flags: number): string {
  return Object.entries(Tcp.Flag)
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join('|');
}

function printIcmp(b: Uint8Array, at: number): string {
  must(Icmp4.check(b, at, b.length) === Icmp4.Malformed.NO, 'ICMP checksum');
  const type = Icmp4.type(b, at);
  const data = at + Icmp4.HEADER;
  if (!Icmp4.isError(type)) return `icmp ${type} ${Icmp4.id(b, at)}/${Icmp4.sequence(b, at)} ${shown(b, data)}`;
  const name = type === Icmp4.Type.UNREACHABLE ? 'unreachable' : 'exceeded';
  const quoted = `${format4(Ipv4.src(b, data))} > ${format4(Ipv4.dst(b, data))}`;
  return `icmp ${name} ${Icmp4.code(b, at)} about ${quoted} (${b.length - data})`;
}

function printUdp(b: Uint8Array, ip: number, at: number, unfinished: Unfinished | null): string {
  must(Udp.check(b, at, b.length) === Udp.Malformed.NO && Udp.end(b, at) === b.length, 'UDP');
  const pseudo = pseudo4(Ipv4.src(b, ip), Ipv4.dst(b, ip), Ipv4.Protocol.UDP, b.length - at);
  if (unfinished === null) must(!Udp.isUnsummed(b, at) && Udp.verify(b, at, pseudo), 'UDP checksum');
  else {
    must(unfinished.sumFrom === at && unfinished.sumField === Udp.SUM && unfinished.cut === Cut.NO, 'unfinished');
    must(u16(b, at + Udp.SUM) === fold(pseudo), 'pseudo-header sum');
  }
  return `udp ${Udp.srcPort(b, at)} > ${Udp.dstPort(b, at)} ${shown(b, at + Udp.HEADER)}`;
}

export function shown(b: Uint8Array, at: number): string {
  return b.length - at > 40 ? `${b.length - at} bytes` : String.fromCharCode(...b.subarray(at));
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`wrong in a frame of ours: ${what}`);
}
