// Multicast listeners of IPv6, RFC 2710 and RFC 3810 5, and of IPv4 (IGMP, RFC 3376 4), whose messages are alike.
import { u8, u16 } from '../bytes.ts';
import { sum } from '../checksum.ts';
import * as Icmp6 from '../icmp6.ts';
import * as Ipv6 from '../ipv6.ts';
import type { Dissection, Dissector } from './dissection.ts';

const { Type } = Icmp6;
const VERSION_1 = 24;
const VERSION_2 = 28;
const RECORDS: readonly string[] = [
  '',
  'is include',
  'is exclude',
  'change to include',
  'change to exclude',
  'allow new sources',
  'block old sources',
];

export function isListenerMessage(type: number): boolean {
  return (type >= Type.LISTENER_QUERY && type <= Type.LISTENER_DONE) || type === Type.LISTENER_REPORT_2;
}

/** Behind type, code and checksum. */
export function printListener(d: Dissection, at: number, end: number): void {
  const { b, out } = d;
  const type = Icmp6.type(b, at);
  if (type === Type.LISTENER_REPORT_2) {
    out.field('records', u16(b, at + 6));
    records(d, u16(b, at + 6), at + 8, end, Ipv6.ADDRESS);
    return;
  }
  if (end - at < VERSION_1) return void out.fault(`truncated: ${end - at} < ${VERSION_1}`);
  if (type === Type.LISTENER_QUERY) out.field('max_delay', u16(b, at + 4));
  out.ip6('group', b, at + 8);
  if (type === Type.LISTENER_QUERY && end - at >= VERSION_2) query(d, at + VERSION_1, end, Ipv6.ADDRESS);
}

/** The end of a query of the newer version: flags, interval, sources. */
function query(d: Dissection, at: number, end: number, size: number): void {
  const { b, out } = d;
  out.field('suppress', (u8(b, at) >>> 3) & 1);
  out.field('robustness', u8(b, at) & 7);
  out.field('interval_code', u8(b, at + 1));
  out.field('sources', u16(b, at + 2));
  sources(d, u16(b, at + 2), at + 4, end, size);
}

/** Type, words of auxiliary data, number of sources, group, sources, auxiliary data. */
function records(d: Dissection, count: number, p: number, end: number, size: number): void {
  const { b, out } = d;
  for (let left = count; left > 0 && !out.full; left--) {
    out.item('Record');
    if (p + 4 + size > end) return void out.fault('truncated');
    const many = u16(b, p + 2);
    out.field('type', u8(b, p), RECORDS[u8(b, p)] ?? '');
    address(d, 'group', p + 4, size);
    out.field('sources', many);
    if (!sources(d, many, p + 4 + size, end, size)) return;
    p += 4 + size + many * size + u8(b, p + 1) * 4;
  }
}

/** False when some are not there. */
function sources(d: Dissection, count: number, at: number, end: number, size: number): boolean {
  const there = Math.min(count, Math.floor((end - at) / size));
  for (let i = 0; i < there && !d.out.full; i++) address(d, 'source', at + i * size, size);
  if (there < count) d.out.fault('truncated');
  return there === count;
}

function address(d: Dissection, name: string, at: number, size: number): void {
  if (size === 4) d.out.ip4(name, d.b, at);
  else d.out.ip6(name, d.b, at);
}

const Igmp = { QUERY: 0x11, REPORT_1: 0x12, REPORT_2: 0x16, LEAVE: 0x17, REPORT_3: 0x22 } as const;
const IGMP_NAMES: Readonly<Record<number, string>> = {
  [Igmp.QUERY]: 'Membership Query',
  [Igmp.REPORT_1]: 'Membership Report v1',
  [Igmp.REPORT_2]: 'Membership Report v2',
  [Igmp.LEAVE]: 'Leave Group',
  [Igmp.REPORT_3]: 'Membership Report v3',
};

export const printIgmp: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.carried('IGMP', at, end, 8)) return;
  const type = u8(b, at);
  out.hex('type', type, 2, IGMP_NAMES[type] ?? 'Unknown');
  out.hex('checksum', u16(b, at + 2), 4);
  if (d.whole && !d.quoted) d.verdict(u16(b, at + 2), sum(b, at, end));
  if (type === Igmp.REPORT_3) {
    out.field('records', u16(b, at + 6));
    records(d, u16(b, at + 6), at + 8, end, 4);
    return;
  }
  out.field('max_response', u8(b, at + 1));
  out.ip4('group', b, at + 4);
  if (type === Igmp.QUERY && end - at >= 12) query(d, at + 8, end, 4);
};
