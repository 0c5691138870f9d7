// What is in a record of DNS, by its type: RFC 1035 3.3 unless it says otherwise. Unknown types are hexadecimal.
import { u8, u16 } from '../bytes.ts';
import { Type } from '../dns.ts';
import type { Dissection } from './dissection.ts';
import { nameAt } from './dns-name.ts';
import { quoted } from './writer.ts';

const NAMES: Readonly<Record<number, string>> = {
  ...Object.fromEntries(Object.entries(Type).map(([name, number]) => [number, name])),
  13: 'HINFO',
  29: 'LOC',
  35: 'NAPTR',
  39: 'DNAME',
  43: 'DS',
  44: 'SSHFP',
  46: 'RRSIG',
  47: 'NSEC',
  48: 'DNSKEY',
  50: 'NSEC3',
  51: 'NSEC3PARAM',
  52: 'TLSA',
  59: 'CDS',
  60: 'CDNSKEY',
  61: 'OPENPGPKEY',
  99: 'SPF',
  250: 'TSIG',
  251: 'IXFR',
  252: 'AXFR',
  256: 'URI',
  257: 'CAA',
};

/** RFC 3597 5, where it has no name here. */
export function typeName(type: number): string {
  return NAMES[type] ?? `TYPE${type}`;
}

/** The data [p, end) of a record, of the message that begins at `at`. */
type Data = (d: Dissection, at: number, p: number, end: number) => void;

const DATA: Readonly<Record<string, readonly [least: number, print: Data]>> = {
  A: [4, ({ b, out }, _at, p) => out.ip4('address', b, p)],
  AAAA: [16, ({ b, out }, _at, p) => out.ip6('address', b, p)], // RFC 3596
  NS: [1, name('nsdname')],
  CNAME: [1, name('cname')],
  DNAME: [1, name('target')], // RFC 6672
  PTR: [1, name('ptrdname')],
  SOA: [22, soa],
  MX: [3, mx],
  TXT: [0, strings],
  SPF: [0, strings],
  HINFO: [0, strings],
  SRV: [7, srv],
  OPT: [0, options],
  SVCB: [3, service],
  HTTPS: [3, service],
  CAA: [2, caa],
  DS: [4, ds],
  CDS: [4, ds],
  RRSIG: [19, rrsig],
  DNSKEY: [4, dnskey],
  CDNSKEY: [4, dnskey],
  NSEC: [1, name('next')],
};

export function printData(d: Dissection, type: number, at: number, p: number, end: number): void {
  const [least, print] = DATA[typeName(type)] ?? [0, null];
  d.out.field('rdlength', end - p);
  if (p === end && type !== Type.TXT) return;
  if (print === null) d.out.bytes('rdata', d.b, p, end);
  else if (end - p < least) d.out.fault(`rdata is too short: ${end - p} < ${least}`);
  else print(d, at, p, end);
}

function name(field: string): Data {
  return ({ b, out }, at, p, end) => out.field(field, nameAt(b, at, p, end).text);
}

function mx(d: Dissection, at: number, p: number, end: number): void {
  d.out.field('preference', u16(d.b, p));
  name('exchange')(d, at, p + 2, end);
}

function soa(d: Dissection, at: number, p: number, end: number): void {
  const { b, out } = d;
  for (const field of ['mname', 'rname']) {
    const { text, end: after } = nameAt(b, at, p, end);
    out.field(field, text);
    if (after < 0) return;
    p = after;
  }
  if (end - p < 20) return void out.fault('truncated');
  out.fields32(['serial', 'refresh', 'retry', 'expire', 'minimum'], b, p);
}

function strings({ b, out }: Dissection, _at: number, p: number, end: number): void {
  while (p < end && !out.full) {
    const stop = p + 1 + u8(b, p);
    if (stop > end) return void out.fault('truncated');
    out.text('text', b, p + 1, stop);
    p = stop;
  }
}

/** RFC 2782 */
function srv(d: Dissection, at: number, p: number, end: number): void {
  d.out.fields16(['priority', 'weight', 'port'], d.b, p);
  name('target')(d, at, p + 6, end);
}

/** RFC 6891 6.1.2: code, length, value. */
const OPTIONS: Readonly<Record<number, string>> = {
  3: 'NSID',
  8: 'Client Subnet',
  9: 'Expire',
  10: 'Cookie',
  11: 'TCP Keepalive',
  12: 'Padding',
  15: 'Extended Error',
};

function options({ b, out }: Dissection, _at: number, p: number, end: number): void {
  while (p < end && !out.full) {
    if (p + 4 > end || p + 4 + u16(b, p + 2) > end) return void out.fault('truncated');
    const stop = p + 4 + u16(b, p + 2);
    out.field('option', u16(b, p), OPTIONS[u16(b, p)] ?? '');
    if (stop > p + 4) out.bytes('value', b, p + 4, stop);
    p = stop;
  }
}

/** RFC 9460 14.3.2 */
const PARAMETERS: readonly string[] = [
  'mandatory',
  'alpn',
  'no-default-alpn',
  'port',
  'ipv4hint',
  'ech',
  'ipv6hint',
  'dohpath',
];

/** RFC 9460 2.2: priority, name, parameters of key, length, value. */
function service(d: Dissection, at: number, p: number, end: number): void {
  const { b, out } = d;
  out.field('priority', u16(b, p));
  const target = nameAt(b, at, p + 2, end);
  out.field('target', target.text);
  if (target.end < 0) return;
  for (p = target.end; p < end && !out.full; ) {
    if (p + 4 > end || p + 4 + u16(b, p + 2) > end) return void out.fault('truncated');
    const stop = p + 4 + u16(b, p + 2);
    parameter(d, u16(b, p), p + 4, stop);
    p = stop;
  }
}

function parameter(d: Dissection, key: number, p: number, end: number): void {
  const { b, out } = d;
  const field = PARAMETERS[key] ?? `key${key}`;
  if (field === 'alpn')
    for (; p < end && p + 1 + u8(b, p) <= end; p += 1 + u8(b, p)) out.text(field, b, p + 1, p + 1 + u8(b, p));
  else if (field === 'port' && end - p === 2) out.field(field, u16(b, p));
  else if (field === 'ipv4hint') for (; p + 4 <= end; p += 4) out.ip4(field, b, p);
  else if (field === 'ipv6hint') for (; p + 16 <= end; p += 16) out.ip6(field, b, p);
  else if (field === 'dohpath') out.text(field, b, p, end);
  else out.bytes(field, b, p, end);
}

/** RFC 8659 4.1 */
function caa({ b, out }: Dissection, _at: number, p: number, end: number): void {
  const stop = p + 2 + u8(b, p + 1);
  out.field('flags', u8(b, p));
  if (stop > end) return void out.fault('truncated');
  out.field('tag', quoted(b, p + 2, stop));
  out.text('value', b, stop, end);
}

/** RFC 4034 5.1 */
function ds({ b, out }: Dissection, _at: number, p: number, end: number): void {
  out.field('key_tag', u16(b, p));
  out.field('algorithm', u8(b, p + 2));
  out.field('digest_type', u8(b, p + 3));
  out.bytes('digest', b, p + 4, end);
}

/** RFC 4034 2.1 */
function dnskey({ b, out }: Dissection, _at: number, p: number, end: number): void {
  out.field('flags', u16(b, p));
  out.field('protocol', u8(b, p + 2));
  out.field('algorithm', u8(b, p + 3));
  out.bytes('key', b, p + 4, end);
}

/** RFC 4034 3.1 */
function rrsig(d: Dissection, at: number, p: number, end: number): void {
  const { b, out } = d;
  out.field('covered', typeName(u16(b, p)));
  out.field('algorithm', u8(b, p + 2));
  out.field('labels', u8(b, p + 3));
  out.fields32(['original_ttl', 'expiration', 'inception'], b, p + 4);
  out.field('key_tag', u16(b, p + 16));
  const signer = nameAt(b, at, p + 18, end);
  out.field('signer', signer.text);
  if (signer.end >= 0) out.bytes('signature', b, signer.end, end);
}
