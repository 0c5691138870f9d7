// DNS messages, RFC 1035 4, whole: also those of mDNS (RFC 6762) and LLMNR (RFC 4795).
import { i32, u16 } from '../bytes.ts';
import * as Dns from '../dns.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { nameAt } from './dns-name.ts';
import { printData, typeName } from './dns-records.ts';
import { bits, hex } from './writer.ts';

const FLAGS = [
  [Dns.Flag.AUTHORITATIVE, 'AA'],
  [Dns.Flag.TRUNCATED, 'TC'],
  [Dns.Flag.RD, 'RD'],
  [Dns.Flag.RA, 'RA'],
  [0x20, 'AD'],
  [0x10, 'CD'],
] as const;
const OPCODES: Readonly<Record<number, string>> = {
  0: 'query',
  1: 'inverse query',
  2: 'status',
  4: 'notify',
  5: 'update',
};
const RCODES: readonly string[] = [
  'no error',
  'format error',
  'server failure',
  'no such name',
  'not implemented',
  'refused',
  'name exists',
  'set exists',
  'no such set',
  'not authoritative',
  'not in zone',
];
const CLASSES: Readonly<Record<number, string>> = { 1: 'IN', 3: 'CH', 4: 'HS', 254: 'NONE', 255: 'ANY' };
/** RFC 6762 5.4 and 10.2: in mDNS, the high bit of a class is something else. */
const CLASS_MASK = 0x7fff;
const SECTIONS = ['Answer', 'Authority', 'Additional'];
/** Bytes of a record behind its name: type, class, TTL, length. */
const RECORD = 10;

export const printDns: Dissector = (d, at, end) => message(d, 'DNS', at, end);
export const printMdns: Dissector = (d, at, end) => message(d, 'mDNS', at, end);
export const printLlmnr: Dissector = (d, at, end) => message(d, 'LLMNR', at, end);

function message(d: Dissection, name: string, at: number, end: number): void {
  const { b, out } = d;
  if (!d.layer('dns', name, at, end, Dns.HEADER, end - at)) return;
  const flags = u16(b, at + 2);
  const isResponse = Dns.isResponse(b, at);
  out.hex('id', Dns.id(b, at), 4);
  out.hex(
    'flags',
    flags,
    4,
    [isResponse ? 'response' : 'query', bits(flags, FLAGS).replaceAll(',', '')].join(' ').trimEnd(),
  );
  out.field('opcode', Dns.opcode(b, at), OPCODES[Dns.opcode(b, at)] ?? '');
  if (isResponse) out.field('rcode', Dns.rcode(b, at), RCODES[Dns.rcode(b, at)] ?? '');
  const counts = ['qdcount', 'ancount', 'nscount', 'arcount'].map((field, i) => {
    const count = u16(b, at + 4 + 2 * i);
    out.field(field, count);
    return count;
  });
  let p = at + Dns.HEADER;
  for (let i = 0; i < counts[0]! && p >= 0 && !out.full; i++) p = question(d, i + 1, at, p, end);
  SECTIONS.forEach((section, s) => {
    for (let i = 0; i < counts[s + 1]! && p >= 0 && !out.full; i++) p = record(d, `${section} ${i + 1}`, at, p, end);
  });
}

/** Returns where the next one begins; -1 when there is none to look at. */
function question(d: Dissection, number: number, at: number, p: number, end: number): number {
  const { b, out } = d;
  out.item(`Question ${number}`);
  const name = nameAt(b, at, p, end);
  out.field('qname', name.text);
  if (name.end < 0 || name.end + 4 > end) return truncated(d);
  out.field('qtype', typeName(u16(b, name.end)));
  out.field('qclass', className(u16(b, name.end + 2)));
  return name.end + 4;
}

function record(d: Dissection, item: string, at: number, p: number, end: number): number {
  const { b, out } = d;
  out.item(item);
  const name = nameAt(b, at, p, end);
  out.field('name', name.text);
  if (name.end < 0 || name.end + RECORD > end) return truncated(d);
  p = name.end;
  const type = u16(b, p);
  out.field('type', typeName(type));
  if (type === Dns.Type.OPT) edns(d, p);
  else {
    out.field('class', className(u16(b, p + 2)));
    out.field('ttl', i32(b, p + 4) >>> 0);
  }
  const stop = p + RECORD + u16(b, p + 8);
  if (stop > end) return truncated(d);
  printData(d, type, at, p + RECORD, stop);
  return stop;
}

/** RFC 6891 6.1.2 and 6.1.3: class and TTL are something else. */
function edns({ b, out }: Dissection, p: number): void {
  out.field('udp_size', u16(b, p + 2));
  out.hex('ext_flags', u16(b, p + 6), 4, (u16(b, p + 6) & 0x8000) === 0 ? '' : 'DO');
  out.field('ext_rcode', u16(b, p + 4) >>> 8);
  out.field('edns_version', u16(b, p + 4) & 0xff);
}

function className(value: number): string {
  const name = CLASSES[value & CLASS_MASK] ?? CLASSES[value];
  if (name === undefined) return hex(value, 4);
  return value > CLASS_MASK ? `${name}+` : name;
}

function truncated(d: Dissection): number {
  d.out.fault('truncated');
  return -1;
}
