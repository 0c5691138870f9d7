// Extension headers of IPv6: RFC 8200 4, RFC 4302 (AH), and the options that are met in them.
import { i32, u8, u16 } from '../bytes.ts';
import * as Ipv6 from '../ipv6.ts';
import type { Dissection } from './dissection.ts';
import { hex } from './writer.ts';

/** Returns where the next header begins; -1 when there is none to look at. */
type Extension = (d: Dissection, at: number, end: number) => number;

const Option = { PAD1: 0, PADN: 1, ROUTER_ALERT: 5, JUMBO: 0xc2 } as const;
const NAMES: Readonly<Record<number, string>> = {
  [Option.PADN]: 'PadN',
  [Option.ROUTER_ALERT]: 'Router Alert',
  [Option.JUMBO]: 'Jumbo Payload',
};
const SHORTEST = 8;

export const EXTENSIONS: Readonly<Record<number, Extension>> = {
  [Ipv6.Next.HOP_BY_HOP]: (d, at, end) => options(d, 'HOPOPT', at, end),
  [Ipv6.Next.DESTINATION]: (d, at, end) => options(d, 'DSTOPTS', at, end),
  [Ipv6.Next.ROUTING]: routing,
  [Ipv6.Next.FRAGMENT]: fragment,
  [Ipv6.Next.AUTHENTICATION]: authentication,
};

/** Begins the line of a header of `size` bytes. Returns its end, -1 when it is cut off. */
function begin(d: Dissection, name: string, at: number, end: number, size: number): number {
  if (!d.carried(name, at, end, Math.max(SHORTEST, size))) return -1;
  const next = u8(d.b, at);
  d.out.field('nh', next, d.protocolName(next));
  return at + size;
}

function sizeAt(d: Dissection, at: number, end: number): number {
  return end - at < 2 ? SHORTEST : (u8(d.b, at + 1) + 1) * 8;
}

function options(d: Dissection, name: string, at: number, end: number): number {
  const { b, out } = d;
  const stop = begin(d, name, at, end, sizeAt(d, at, end));
  for (let p = at + 2; p < stop; ) {
    const type = u8(b, p);
    if (type === Option.PAD1) {
      p++;
      continue;
    }
    out.item(NAMES[type] ?? 'Unknown');
    out.field('option', type);
    if (p + 2 > stop || p + 2 + u8(b, p + 1) > stop) {
      out.fault('truncated');
      return -1;
    }
    option(d, type, p + 2, u8(b, p + 1));
    p += 2 + u8(b, p + 1);
  }
  return stop;
}

function option({ b, out }: Dissection, type: number, at: number, size: number): void {
  out.field('length', size);
  if (type === Option.ROUTER_ALERT && size === 2) out.field('value', u16(b, at));
  else if (type === Option.JUMBO && size === 4) out.field('jumbo_length', i32(b, at) >>> 0);
  else if (type !== Option.PADN && size > 0) out.bytes('value', b, at, at + size);
}

/** RFC 8200 4.4. On its way the packet has another destination than in its checksums. */
function routing(d: Dissection, at: number, end: number): number {
  const { b, out } = d;
  const stop = begin(d, 'ROUTING', at, end, sizeAt(d, at, end));
  if (stop < 0) return stop;
  out.field('type', u8(b, at + 2));
  out.field('segments_left', u8(b, at + 3));
  if (u8(b, at + 3) !== 0) d.whole = false;
  for (let p = at + 8; p + Ipv6.ADDRESS <= stop; p += Ipv6.ADDRESS) out.ip6('address', b, p);
  return stop;
}

/** RFC 8200 4.5 */
function fragment(d: Dissection, at: number, end: number): number {
  const { b, out } = d;
  const stop = begin(d, 'FRAGMENT', at, end, Ipv6.FRAGMENT_HEADER);
  if (stop < 0) return stop;
  const offset = Ipv6.fragmentOffset(b, at);
  out.field('offset', offset);
  out.field('more', Ipv6.moreFragments(b, at) ? 1 : 0);
  out.field('id', hex(Ipv6.fragmentId(b, at), 8));
  out.field('payload', end - stop);
  if (offset !== 0 || Ipv6.moreFragments(b, at)) d.whole = false;
  return offset === 0 ? stop : -1;
}

/** RFC 4302 2: its length is in units of 4 bytes, and begins after the first two of them. */
function authentication(d: Dissection, at: number, end: number): number {
  const { b, out } = d;
  const stop = begin(d, 'AH', at, end, end - at < 2 ? 12 : Math.max(12, (u8(b, at + 1) + 2) * 4));
  if (stop < 0) return stop;
  out.hex('spi', i32(b, at + 4), 8);
  out.field('seq', i32(b, at + 8) >>> 0);
  return stop;
}

/** In IPv4, where it is a protocol like others. */
export function printAh(d: Dissection, at: number, end: number): void {
  const after = authentication(d, at, end);
  if (after >= 0) d.protocol(u8(d.b, at), after, end);
}
