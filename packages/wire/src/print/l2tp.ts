// L2TP: version 3 in IP (protocol 115, RFC 3931 4.1.1), versions 2 and 3 in UDP (RFC 2661 3.1, RFC 3931 4.1.2).
//
//   version 2: flags and version 2, [length 2], tunnel 2, session 2, [ns 2, nr 2], [offset 2 and as many bytes], data or AVPs
//   version 3: session 4 (0: then a control message), cookie and data;  control: flags 2, length 2, connection 4, ns 2, nr 2, AVPs
import { i32, u16 } from '../bytes.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { bits } from './writer.ts';

const Flag = { CONTROL: 0x8000, LENGTH: 0x4000, SEQUENCE: 0x0800, OFFSET: 0x0200, PRIORITY: 0x0100 } as const;
const FLAGS = [
  [Flag.CONTROL, 'control'],
  [Flag.LENGTH, 'length'],
  [Flag.SEQUENCE, 'sequence'],
  [Flag.OFFSET, 'offset'],
  [Flag.PRIORITY, 'priority'],
] as const;
const VERSION_MASK = 0xf;
const CONTROL_3 = 12;
const MESSAGES: readonly string[] = [
  '',
  'SCCRQ',
  'SCCRP',
  'SCCCN',
  'StopCCN',
  '',
  'Hello',
  'OCRQ',
  'OCRP',
  'OCCN',
  'ICRQ',
  'ICRP',
  'ICCN',
  '',
  'CDN',
  'WEN',
  'SLI',
];
const MESSAGE_TYPE = 0;
const AVPS: Readonly<Record<number, string>> = {
  [MESSAGE_TYPE]: 'Message Type',
  1: 'Result Code',
  2: 'Protocol Version',
  3: 'Framing Capabilities',
  4: 'Bearer Capabilities',
  6: 'Firmware Revision',
  7: 'Host Name',
  8: 'Vendor Name',
  9: 'Assigned Tunnel ID',
  10: 'Receive Window Size',
  14: 'Assigned Session ID',
  15: 'Call Serial Number',
};
const TEXTS: readonly number[] = [7, 8];

/** Protocol 115. */
export const printL2tpIp: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.carried('L2TP', at, end, 4)) return;
  const session = i32(b, at) >>> 0;
  out.field('version', 3);
  out.field('session_id', session);
  if (session === 0) control3(d, at + 4, end);
  else out.field('payload', end - at - 4);
};

/** Port 1701. */
export const printL2tpUdp: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.carried('L2TP', at, end, 6)) return;
  const word = u16(b, at);
  out.hex('flags', word & ~VERSION_MASK, 4, bits(word, FLAGS));
  out.field('version', word & VERSION_MASK);
  if ((word & VERSION_MASK) === 2) version2(d, word, at + 2, end);
  else if ((word & VERSION_MASK) !== 3) out.fault('unknown version');
  else if ((word & Flag.CONTROL) !== 0) control3(d, at, end);
  else if (end - at < 8) out.fault('truncated');
  else {
    out.field('session_id', i32(b, at + 4) >>> 0);
    out.field('payload', end - at - 8);
  }
};

function version2(d: Dissection, flags: number, p: number, end: number): void {
  const { b, out } = d;
  const has = (bit: number, bytes: number): number => ((flags & bit) === 0 ? 0 : bytes);
  const size = has(Flag.LENGTH, 2) + 4 + has(Flag.SEQUENCE, 4) + has(Flag.OFFSET, 2);
  if (p + size > end) return void out.fault('truncated');
  const start = p - 2;
  let stop = end;
  const next = (name: string): number => {
    const value = u16(b, p);
    out.field(name, value);
    p += 2;
    return value;
  };
  if (has(Flag.LENGTH, 2) > 0) {
    const length = next('length');
    if (start + length > end || start + length < p + size - 2)
      out.fault(`a length of ${length} in ${end - start} bytes`);
    else stop = start + length;
  }
  next('tunnel_id');
  next('session_id');
  if (has(Flag.SEQUENCE, 4) > 0) ['ns', 'nr'].forEach(next);
  if (has(Flag.OFFSET, 2) > 0) p += next('offset');
  if ((flags & Flag.CONTROL) !== 0) avps(d, p, stop);
  else out.field('payload', Math.max(0, stop - p));
}

function control3(d: Dissection, at: number, end: number): void {
  const { b, out } = d;
  if (end - at < CONTROL_3) return void out.fault(`truncated: ${end - at} < ${CONTROL_3}`);
  const length = u16(b, at + 2);
  out.field('length', length);
  out.field('connection_id', i32(b, at + 4) >>> 0);
  out.field('ns', u16(b, at + 8));
  out.field('nr', u16(b, at + 10));
  if (length < CONTROL_3 || at + length > end) out.fault(`a length of ${length} in ${end - at} bytes`);
  else avps(d, at + CONTROL_3, at + length);
}

/** RFC 2661 4.1: flags and length (6 and 10 bits), vendor, type, value. None: an acknowledgment. */
function avps(d: Dissection, p: number, end: number): void {
  const { b, out } = d;
  while (p < end && !out.full) {
    if (p + 6 > end) return void out.fault('truncated');
    const size = u16(b, p) & 0x3ff;
    const vendor = u16(b, p + 2);
    const type = u16(b, p + 4);
    out.item((vendor === 0 ? AVPS[type] : undefined) ?? 'AVP');
    out.field('avp', vendor === 0 ? type : `${vendor}/${type}`);
    if (size < 6 || p + size > end) return void out.fault('truncated');
    value(d, vendor === 0 ? type : -1, p + 6, p + size);
    p += size;
  }
}

/** `type`: -1 for those of vendors. */
function value({ b, out }: Dissection, type: number, at: number, end: number): void {
  if (type === MESSAGE_TYPE && end - at === 2) out.field('message', u16(b, at), MESSAGES[u16(b, at)] ?? '');
  else if (TEXTS.includes(type)) out.text('text', b, at, end);
  else if (end - at === 2) out.field('value', u16(b, at));
  else if (end > at) out.bytes('value', b, at, end);
}
