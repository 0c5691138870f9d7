// Options of DHCPv6 by name, RFC 8415 21 and whatever a line says: code and length in two bytes each, value. Some have more in them.
import { formatMac } from '../address.ts';
import { i32, u8, u16 } from '../bytes.ts';
import { architecture } from './architecture.ts';
import type { Dissection } from './dissection.ts';
import { nameAt } from './dns-name.ts';

/** Writes a value [p, end) of `least` bytes or more. Returns where options within it begin; -1 when there are none. */
type Value = (d: Dissection, p: number, end: number) => number;

/** Writes the message [p, end) that a relay hands on. */
export type Relayed = (p: number, end: number) => void;

const NONE = -1;
const RELAY_MESSAGE = 9;
/** Identity associations have addresses or prefixes in them, and those a status. */
const DEEPEST = 3;
const STATUS: readonly string[] = [
  'Success',
  'UnspecFail',
  'NoAddrsAvail',
  'NoBinding',
  'NotOnLink',
  'UseMulticast',
  'NoPrefixAvail',
];

/** RFC 8415 11 and RFC 6355: kinds of a DUID; for the first three, hardware type and address. */
const duid: Value = ({ b, out }, p, end) => {
  const kind = u16(b, p);
  out.field('duid', kind, ['', 'LLT', 'EN', 'LL', 'UUID'][kind] ?? '');
  const mac = kind === 1 ? p + 8 : kind === 3 ? p + 4 : -1;
  if (mac > 0 && end - mac === 6) out.field('mac', formatMac(b, mac));
  else out.bytes('id', b, p + 2, end);
  return NONE;
};

const associations: Value = ({ b, out }, p) => {
  out.hex('iaid', i32(b, p), 8);
  out.field('t1', i32(b, p + 4) >>> 0);
  out.field('t2', i32(b, p + 8) >>> 0);
  return p + 12;
};

const temporary: Value = ({ b, out }, p) => {
  out.hex('iaid', i32(b, p), 8);
  return p + 4;
};

const address: Value = ({ b, out }, p) => {
  out.ip6('address', b, p);
  out.field('preferred', i32(b, p + 16) >>> 0);
  out.field('valid', i32(b, p + 20) >>> 0);
  return p + 24;
};

const prefix: Value = ({ b, out }, p) => {
  out.field('preferred', i32(b, p) >>> 0);
  out.field('valid', i32(b, p + 4) >>> 0);
  out.field('prefix_len', u8(b, p + 8));
  out.ip6('prefix', b, p + 9);
  return p + 25;
};

const requests: Value = ({ b, out }, p, end) => {
  for (; p + 2 <= end; p += 2) out.field('item', u16(b, p), NAMES[u16(b, p)]?.[0] ?? '');
  return NONE;
};

const number: Value = ({ b, out }, p, end) => {
  if (end - p === 1) out.field('value', u8(b, p));
  else if (end - p === 2) out.field('value', u16(b, p));
  else if (end - p === 4) out.field('value', i32(b, p) >>> 0);
  else out.bytes('value', b, p, end);
  return NONE;
};

const status: Value = ({ b, out }, p, end) => {
  out.field('status', u16(b, p), STATUS[u16(b, p)] ?? '');
  if (end > p + 2) out.text('text', b, p + 2, end);
  return NONE;
};

const addresses: Value = ({ b, out }, p, end) => {
  for (; p + 16 <= end; p += 16) out.ip6('address', b, p);
  return NONE;
};

const domains: Value = ({ b, out }, p, end) => {
  for (let q = p; q < end && q >= 0 && !out.full; ) {
    const name = nameAt(b, p, q, end);
    out.field('domain', name.text);
    q = name.end;
  }
  return NONE;
};

const text: Value = ({ b, out }, p, end) => {
  out.text('text', b, p, end);
  return NONE;
};

/** Texts with their lengths before them. */
const texts: Value = ({ b, out }, p, end) => {
  for (; p + 2 <= end && p + 2 + u16(b, p) <= end; p += 2 + u16(b, p)) out.text('text', b, p + 2, p + 2 + u16(b, p));
  return NONE;
};

/** An enterprise's number, then texts. */
const vendor: Value = (d, p, end) => {
  d.out.field('enterprise', i32(d.b, p) >>> 0);
  return texts(d, p + 4, end);
};

const architectures: Value = ({ b, out }, p, end) => {
  for (; p + 2 <= end; p += 2) out.field('value', u16(b, p), architecture(u16(b, p)));
  return NONE;
};

/** RFC 4704 4.1: flags, name. */
const fqdn: Value = ({ b, out }, p, end) => {
  out.hex('flags', u8(b, p), 2);
  if (end > p + 1) out.field('name', nameAt(b, p + 1, p + 1, end).text);
  return NONE;
};

const NAMES: Readonly<Record<number, readonly [name: string, least?: number, value?: Value]>> = {
  1: ['Client Identifier', 2, duid],
  2: ['Server Identifier', 2, duid],
  3: ['IA_NA', 12, associations],
  4: ['IA_TA', 4, temporary],
  5: ['IA Address', 24, address],
  6: ['Option Request', 0, requests],
  7: ['Preference', 1, number],
  8: ['Elapsed Time', 2, number],
  [RELAY_MESSAGE]: ['Relay Message'],
  11: ['Authentication'],
  12: ['Server Unicast', 16, addresses],
  13: ['Status Code', 2, status],
  14: ['Rapid Commit'],
  15: ['User Class', 0, texts],
  16: ['Vendor Class', 4, vendor],
  17: ['Vendor-specific Information'],
  18: ['Interface-Id'],
  19: ['Reconfigure Message', 1, number],
  20: ['Reconfigure Accept'],
  23: ['DNS Recursive Name Server', 16, addresses], // RFC 3646
  24: ['Domain Search List', 1, domains], // RFC 3646
  25: ['IA_PD', 12, associations],
  26: ['IA Prefix', 25, prefix],
  31: ['SNTP Servers', 16, addresses], // RFC 4075
  32: ['Information Refresh Time', 4, number],
  39: ['Client FQDN', 1, fqdn],
  56: ['NTP Server'], // RFC 5908
  59: ['Boot File URL', 0, text], // RFC 5970
  60: ['Boot File Parameters', 0, texts], // RFC 5970
  61: ['Client System Architecture', 2, architectures], // RFC 5970
  62: ['Client Network Interface'], // RFC 5970
  79: ['Client Link-Layer Address'], // RFC 6939
  82: ['SOL_MAX_RT', 4, number],
  83: ['INF_MAX_RT', 4, number],
  103: ['Captive Portal', 0, text], // RFC 8910
};

/** The options [p, end); `relayed` writes a message within one. */
export function printDhcp6Options(d: Dissection, p: number, end: number, relayed: Relayed, depth: number = 0): void {
  const { b, out } = d;
  while (p < end && !out.full) {
    if (p + 4 > end) {
      out.item('Option');
      return void out.fault('truncated');
    }
    const code = u16(b, p);
    const size = u16(b, p + 2);
    const [name = 'Unknown', least = 0, value = null] = NAMES[code] ?? [];
    out.item(name);
    out.field('option', code);
    out.field('length', size);
    p += 4;
    if (p + size > end) return void out.fault(`truncated: ${end - p} < ${size}`);
    const stop = p + size;
    const inner = value !== null && size >= least ? value(d, p, stop) : plain(d, code, p, stop, relayed);
    if (inner >= 0 && depth < DEEPEST) out.within(() => printDhcp6Options(d, inner, stop, relayed, depth + 1));
    p = stop;
  }
}

/** What has no type here: a message of a relay, or bytes. */
function plain({ b, out }: Dissection, code: number, p: number, end: number, relayed: Relayed): number {
  if (code === RELAY_MESSAGE) relayed(p, end);
  else if (end > p) out.bytes('value', b, p, end);
  return NONE;
}
