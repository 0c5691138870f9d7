// ICMPv6, RFC 4443: errors, echo. Neighbour discovery and listeners are in files of their own.
import { u16 } from '../bytes.ts';
import { sum } from '../checksum.ts';
import * as Ether from '../ether.ts';
import * as Icmp6 from '../icmp6.ts';
import * as Ipv6 from '../ipv6.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { isListenerMessage, printListener } from './mld.ts';
import { printNeighbour } from './ndp.ts';

const { Type } = Icmp6;
const NAMES: Readonly<Record<number, string>> = {
  [Type.UNREACHABLE]: 'Destination Unreachable',
  [Type.TOO_BIG]: 'Packet Too Big',
  [Type.TIME_EXCEEDED]: 'Time Exceeded',
  [Type.PARAMETER_PROBLEM]: 'Parameter Problem',
  [Type.ECHO]: 'Echo Request',
  [Type.ECHO_REPLY]: 'Echo Reply',
  [Type.LISTENER_QUERY]: 'Multicast Listener Query',
  [Type.LISTENER_REPORT]: 'Multicast Listener Report',
  [Type.LISTENER_DONE]: 'Multicast Listener Done',
  [Type.ROUTER_SOLICITATION]: 'Router Solicitation',
  [Type.ROUTER_ADVERTISEMENT]: 'Router Advertisement',
  [Type.NEIGHBOUR_SOLICITATION]: 'Neighbor Solicitation',
  [Type.NEIGHBOUR_ADVERTISEMENT]: 'Neighbor Advertisement',
  [Type.REDIRECT]: 'Redirect',
  [Type.LISTENER_REPORT_2]: 'Multicast Listener Report v2',
};
const CODES: Readonly<Record<number, readonly string[]>> = {
  [Type.UNREACHABLE]: [
    'no route',
    'administratively prohibited',
    'beyond scope of source',
    'address unreachable',
    'port unreachable',
    'source address failed policy',
    'reject route',
  ],
  [Type.TIME_EXCEEDED]: ['hop limit exceeded', 'reassembly time exceeded'],
  [Type.PARAMETER_PROBLEM]: ['erroneous header field', 'unrecognized next header', 'unrecognized option'],
};

export const printIcmp6: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('icmp', 'ICMPv6', at, end, Icmp6.HEADER)) return;
  const type = Icmp6.type(b, at);
  const code = Icmp6.code(b, at);
  out.field('type', type, NAMES[type] ?? 'Unknown');
  out.field('code', code, CODES[type]?.[code] ?? '');
  d.checksum(u16(b, at + 2), () => sum(b, at, end, d.pseudo(Ipv6.Next.ICMP6, end - at)));
  if (isListenerMessage(type)) printListener(d, at, end);
  else if (Icmp6.optionsOffset(type) > 0) printNeighbour(d, at, end);
  else body(d, type, at, end);
};

function body(d: Dissection, type: number, at: number, end: number): void {
  const { b, out } = d;
  if (type === Type.ECHO || type === Type.ECHO_REPLY) {
    out.field('identifier', Icmp6.id(b, at));
    out.field('sequence_number', Icmp6.sequence(b, at));
    out.field('payload', end - at - Icmp6.HEADER);
  }
  if (!Icmp6.isError(type)) return;
  if (type === Type.TOO_BIG) out.field('mtu', Icmp6.rest(b, at) >>> 0);
  if (type === Type.PARAMETER_PROBLEM) out.field('pointer', Icmp6.rest(b, at) >>> 0);
  d.quote(Ether.Type.IP6, at + Icmp6.HEADER, end);
}
