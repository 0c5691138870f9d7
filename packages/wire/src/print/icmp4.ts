// ICMP, RFC 792; codes of RFC 1812 5.2.7. Errors have the packet in them that they are about.
import { u8, u16 } from '../bytes.ts';
import { sum } from '../checksum.ts';
import * as Ether from '../ether.ts';
import * as Icmp4 from '../icmp4.ts';
import type { Dissection, Dissector } from './dissection.ts';

const { Type } = Icmp4;
const TIMESTAMP = 13;
const TIMESTAMP_REPLY = 14;
const NAMES: Readonly<Record<number, string>> = {
  [Type.ECHO_REPLY]: 'Echo Reply',
  [Type.UNREACHABLE]: 'Destination Unreachable',
  [Type.SOURCE_QUENCH]: 'Source Quench',
  [Type.REDIRECT]: 'Redirect',
  [Type.ECHO]: 'Echo Request',
  9: 'Router Advertisement',
  10: 'Router Solicitation',
  [Type.TIME_EXCEEDED]: 'Time Exceeded',
  [Type.PARAMETER_PROBLEM]: 'Parameter Problem',
  [TIMESTAMP]: 'Timestamp Request',
  [TIMESTAMP_REPLY]: 'Timestamp Reply',
  17: 'Address Mask Request',
  18: 'Address Mask Reply',
};
const CODES: Readonly<Record<number, readonly string[]>> = {
  [Type.UNREACHABLE]: [
    'network unreachable',
    'host unreachable',
    'protocol unreachable',
    'port unreachable',
    'fragmentation needed',
    'source route failed',
    'network unknown',
    'host unknown',
    'source host isolated',
    'network prohibited',
    'host prohibited',
    'network unreachable for TOS',
    'host unreachable for TOS',
    'administratively prohibited',
    'host precedence violation',
    'precedence cutoff',
  ],
  [Type.REDIRECT]: ['for the network', 'for the host', 'for TOS and network', 'for TOS and host'],
  [Type.TIME_EXCEEDED]: ['TTL exceeded', 'reassembly time exceeded'],
  [Type.PARAMETER_PROBLEM]: ['pointer indicates the error', 'missing option', 'bad length'],
};

export const printIcmp4: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('icmp', 'ICMP', at, end, Icmp4.HEADER)) return;
  const type = Icmp4.type(b, at);
  const code = Icmp4.code(b, at);
  out.field('type', type, NAMES[type] ?? 'Unknown');
  out.field('code', code, CODES[type]?.[code] ?? '');
  out.hex('checksum', u16(b, at + 2), 4);
  if (d.whole && !d.quoted) d.verdict(u16(b, at + 2), sum(b, at, end));
  body(d, type, code, at, end);
};

function body(d: Dissection, type: number, code: number, at: number, end: number): void {
  const { b, out } = d;
  if (type === Type.ECHO || type === Type.ECHO_REPLY || type === TIMESTAMP || type === TIMESTAMP_REPLY) {
    out.field('identifier', Icmp4.id(b, at));
    out.field('sequence_number', Icmp4.sequence(b, at));
    if (type < TIMESTAMP) out.field('payload', end - at - Icmp4.HEADER);
    else if (end - at >= 20) out.fields32(['originate', 'receive', 'transmit'], b, at + Icmp4.HEADER);
  }
  if (!Icmp4.isError(type)) return;
  if (type === Type.UNREACHABLE && code === Icmp4.Unreachable.FRAGMENTATION_NEEDED) out.field('mtu', u16(b, at + 6));
  if (type === Type.REDIRECT) out.ip4('gateway', b, at + 4);
  if (type === Type.PARAMETER_PROBLEM) out.field('pointer', u8(b, at + 4));
  d.quote(Ether.Type.IP4, at + Icmp4.HEADER, end);
}
