// Neighbour discovery, RFC 4861 4: five messages and their options, those of RFC 4191, 8106, 8781 and 8910 too.
import { i32, u8, u16 } from '../bytes.ts';
import * as Ether from '../ether.ts';
import * as Icmp6 from '../icmp6.ts';
import * as Ipv6 from '../ipv6.ts';
import type { Dissection } from './dissection.ts';
import { nameAt } from './dns-name.ts';
import { bits } from './writer.ts';

const { Option, Type } = Icmp6;
const NAMES: Readonly<Record<number, string>> = {
  [Option.SOURCE_LINK]: 'Source Link-Layer Address',
  [Option.TARGET_LINK]: 'Target Link-Layer Address',
  [Option.PREFIX]: 'Prefix Information',
  [Option.REDIRECTED]: 'Redirected Header',
  [Option.MTU]: 'MTU',
  14: 'Nonce',
  [Option.ROUTE]: 'Route Information',
  [Option.RDNSS]: 'Recursive DNS Server',
  [Option.DNSSL]: 'DNS Search List',
  [Option.CAPTIVE_PORTAL]: 'Captive Portal',
  [Option.PREF64]: 'PREF64',
};
/** RFC 4191 2.1 */
const PREFERENCES = ['medium', 'high', 'reserved', 'low'];
const ROUTER_FLAGS = [
  [0x80, 'managed'],
  [0x40, 'other'],
  [0x20, 'home agent'],
] as const;
const PREFIX_FLAGS = [
  [0x80, 'on-link'],
  [0x40, 'autonomous'],
  [0x20, 'router address'],
] as const;
const NEIGHBOUR_FLAGS = [
  [0x80, 'router'],
  [0x40, 'solicited'],
  [0x20, 'override'],
] as const;
/** RFC 8781 4: prefix lengths by their code. */
const PREF64_BITS = [96, 64, 56, 48, 40, 32];

/** Behind type, code and checksum. */
export function printNeighbour(d: Dissection, at: number, end: number): void {
  const { b, out } = d;
  const type = Icmp6.type(b, at);
  const options = Icmp6.optionsOffset(type);
  if (end - at < options) return void out.fault(`truncated: ${end - at} < ${options}`);
  if (type === Type.ROUTER_ADVERTISEMENT) advertisement(d, at);
  else if (type === Type.NEIGHBOUR_ADVERTISEMENT)
    out.hex('flags', u8(b, at + 4), 2, bits(u8(b, at + 4), NEIGHBOUR_FLAGS));
  if (type !== Type.ROUTER_ADVERTISEMENT && type !== Type.ROUTER_SOLICITATION) out.ip6('target', b, at + Icmp6.TARGET);
  if (type === Type.REDIRECT) out.ip6('destination', b, at + Icmp6.TARGET + Ipv6.ADDRESS);
  printOptions(d, at + options, end);
}

function advertisement(d: Dissection, at: number): void {
  const { b, out } = d;
  const flags = u8(b, at + 5);
  out.field('cur_hop_limit', u8(b, at + 4));
  out.hex('flags', flags, 2, bits(flags, ROUTER_FLAGS));
  out.field('preference', PREFERENCES[(flags >>> 3) & 3]!);
  out.field('router_lifetime', u16(b, at + 6));
  out.field('reachable_time', i32(b, at + 8) >>> 0);
  out.field('retrans_timer', i32(b, at + 12) >>> 0);
}

/** Type, length in units of 8 bytes, value. */
function printOptions(d: Dissection, p: number, end: number): void {
  const { b, out } = d;
  while (p < end && !out.full) {
    const kind = u8(b, p);
    out.item(NAMES[kind] ?? 'Unknown');
    out.field('option', kind);
    if (p + 2 > end) return void out.fault('truncated');
    const size = u8(b, p + 1) * 8;
    out.field('length', size);
    if (size === 0) return void out.fault('a length of 0');
    if (p + size > end) return void out.fault(`truncated: ${end - p} < ${size}`);
    option(d, kind, p, p + size);
    p += size;
  }
}

type Value = (d: Dissection, at: number, end: number) => void;

/** `at` is where the option begins; it is whole, and 8 bytes at least. */
const VALUES: Readonly<Record<number, readonly [least: number, print: Value]>> = {
  [Option.SOURCE_LINK]: [8, ({ b, out }, at) => out.mac('mac', b, at + 2)],
  [Option.TARGET_LINK]: [8, ({ b, out }, at) => out.mac('mac', b, at + 2)],
  [Option.PREFIX]: [32, prefix],
  [Option.REDIRECTED]: [8, (d, at, end) => d.quote(Ether.Type.IP6, at + 8, end)],
  [Option.MTU]: [8, ({ b, out }, at) => out.field('mtu', i32(b, at + 4) >>> 0)],
  [Option.ROUTE]: [8, route],
  [Option.RDNSS]: [24, resolvers],
  [Option.DNSSL]: [8, searchList],
  [Option.CAPTIVE_PORTAL]: [8, ({ b, out }, at, end) => out.text('uri', b, at + 2, textEnd(b, at + 2, end))],
  [Option.PREF64]: [16, pref64],
};

function option(d: Dissection, kind: number, at: number, end: number): void {
  const [least, print] = VALUES[kind] ?? [Number.POSITIVE_INFINITY, null];
  if (print !== null && end - at >= least) print(d, at, end);
  else d.out.bytes('value', d.b, at + 2, end);
}

function prefix({ b, out }: Dissection, at: number): void {
  out.field('prefix_len', u8(b, at + 2));
  out.hex('flags', u8(b, at + 3), 2, bits(u8(b, at + 3), PREFIX_FLAGS));
  out.field('valid', i32(b, at + 4) >>> 0);
  out.field('preferred', i32(b, at + 8) >>> 0);
  out.ip6('prefix', b, at + 16);
}

/** RFC 4191 2.3: as many bytes of the prefix as it needs. */
function route({ b, out }: Dissection, at: number, end: number): void {
  const whole = new Uint8Array(Ipv6.ADDRESS);
  for (let i = 0; i < Ipv6.ADDRESS && at + 8 + i < end; i++) whole[i] = u8(b, at + 8 + i);
  out.field('prefix_len', u8(b, at + 2));
  out.field('preference', PREFERENCES[(u8(b, at + 3) >>> 3) & 3]!);
  out.field('lifetime', i32(b, at + 4) >>> 0);
  out.ip6('prefix', whole, 0);
}

function resolvers({ b, out }: Dissection, at: number, end: number): void {
  out.field('lifetime', i32(b, at + 4) >>> 0);
  for (let p = at + 8; p + Ipv6.ADDRESS <= end; p += Ipv6.ADDRESS) out.ip6('server', b, p);
}

/** Names one after the other, then zeros. */
function searchList({ b, out }: Dissection, at: number, end: number): void {
  out.field('lifetime', i32(b, at + 4) >>> 0);
  for (let p = at + 8; p < end && u8(b, p) !== 0 && !out.full; ) {
    const name = nameAt(b, p, p, end);
    out.field('domain', name.text);
    if (name.end < 0) return;
    p = name.end;
  }
}

function pref64({ b, out }: Dissection, at: number): void {
  const word = u16(b, at + 2);
  const whole = new Uint8Array(Ipv6.ADDRESS);
  for (let i = 0; i < 12; i++) whole[i] = u8(b, at + 4 + i);
  out.field('lifetime', word & 0xfff8);
  out.field('prefix_len', PREF64_BITS[word & 7] ?? 'unknown');
  out.ip6('prefix', whole, 0);
}

function textEnd(b: Uint8Array, at: number, end: number): number {
  while (end > at && u8(b, end - 1) === 0) end--;
  return end;
}
