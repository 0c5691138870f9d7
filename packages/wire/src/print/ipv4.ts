// IPv4, RFC 791, and its options.
import { format4 } from '../address.ts';
import { u8, u16 } from '../bytes.ts';
import { sum } from '../checksum.ts';
import * as Ipv4 from '../ipv4.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { bits } from './writer.ts';

const SUM = 10;
const FLAGS = [
  [0x8000, 'reserved'],
  [Ipv4.Fragment.DF, 'DF'],
  [Ipv4.Fragment.MF, 'MF'],
] as const;
const Option = {
  END: 0,
  NOP: 1,
  RECORD_ROUTE: 7,
  TIMESTAMP: 68,
  LOOSE_ROUTE: 131,
  STRICT_ROUTE: 137,
  ALERT: 148,
} as const;
const NAMES: Readonly<Record<number, string>> = {
  [Option.RECORD_ROUTE]: 'Record Route',
  [Option.TIMESTAMP]: 'Timestamp',
  130: 'Security',
  [Option.LOOSE_ROUTE]: 'Loose Source Route',
  [Option.STRICT_ROUTE]: 'Strict Source Route',
  [Option.ALERT]: 'Router Alert',
};

export const printIpv4: Dissector = (d, at, end) => {
  const { b, out } = d;
  d.family = 'ipv4';
  d.ip = at;
  d.whole = false;
  const header = end > at ? Ipv4.headerLength(b, at) : 0;
  if (!d.layer('ipv4', 'IPv4', at, end, Ipv4.HEADER, header)) return;
  d.between(format4(Ipv4.src(b, at)), format4(Ipv4.dst(b, at)));
  fields(d, at);
  if (u8(b, at) >>> 4 !== 4) return void out.fault('not version 4');
  if (header < Ipv4.HEADER) return void out.fault(`header of ${header} bytes`);
  if (at + header > end) return void out.fault(`truncated: ${end - at} < ${header}`);
  d.verdict(u16(b, at + SUM), sum(b, at, at + header));
  const length = Ipv4.totalLength(b, at);
  const isWhole = length >= header && at + length <= end;
  if (!isWhole && !d.quoted)
    out.fault(length < header ? 'length is less than the header' : `truncated: ${end - at} < ${length}`);
  options(d, at + Ipv4.HEADER, at + header);
  carried(d, at, at + header, isWhole ? at + length : end, isWhole);
};

function fields(d: Dissection, at: number): void {
  const { b, out } = d;
  const word = u16(b, at + 6);
  out.field('ver', u8(b, at) >>> 4);
  out.field('ihl', Ipv4.headerLength(b, at));
  out.hex('tos', Ipv4.tos(b, at), 2);
  out.field('tot_len', Ipv4.totalLength(b, at));
  out.hex('id', Ipv4.id(b, at), 4);
  out.hex('flags', word >>> 13, 1, bits(word, FLAGS));
  out.field('offset', Ipv4.fragmentOffset(b, at));
  out.field('ttl', Ipv4.ttl(b, at));
  out.field('proto', Ipv4.protocol(b, at), d.protocolName(Ipv4.protocol(b, at)));
  out.hex('checksum', u16(b, at + SUM), 4);
  out.field('src', format4(Ipv4.src(b, at)));
  out.field('dst', format4(Ipv4.dst(b, at)));
}

/** Of fragments only the first has a header behind it. */
function carried(d: Dissection, ip: number, at: number, end: number, isWhole: boolean): void {
  d.whole = isWhole && !Ipv4.isFragment(d.b, ip);
  if (Ipv4.fragmentOffset(d.b, ip) === 0) d.protocol(Ipv4.protocol(d.b, ip), at, end);
  else if (d.carried('FRAGMENT', at, end, 0, end - at)) d.out.field('of', d.protocolName(Ipv4.protocol(d.b, ip)));
}

function options(d: Dissection, p: number, end: number): void {
  const { b, out } = d;
  if (p === end) return;
  while (p < end && u8(b, p) !== Option.END) {
    const type = u8(b, p);
    if (type === Option.NOP) {
      out.item('No Operation');
      p++;
      continue;
    }
    out.item(NAMES[type] ?? 'Unknown');
    out.field('option', type);
    if (p + 2 > end || u8(b, p + 1) < 2 || p + u8(b, p + 1) > end) return void out.fault('truncated');
    out.field('length', u8(b, p + 1));
    option(d, type, p + 2, p + u8(b, p + 1));
    p += u8(b, p + 1);
  }
}

function option(d: Dissection, type: number, at: number, end: number): void {
  const { b, out } = d;
  const isRoute = type === Option.RECORD_ROUTE || type === Option.LOOSE_ROUTE || type === Option.STRICT_ROUTE;
  if (isRoute && end > at) {
    out.field('pointer', u8(b, at));
    for (let p = at + 1; p + 4 <= end; p += 4) out.ip4('route', b, p);
  } else if (type === Option.ALERT && end - at === 2) out.field('value', u16(b, at));
  else if (end > at) out.bytes('value', b, at, end);
}
