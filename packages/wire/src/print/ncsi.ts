// NC-SI control packets, DMTF DSP0222 8.2: a header, and for responses a code and a reason behind it.
//
//   0    1    2    3    4    5    6        8                 16                   20
//   +----+----+----+----+----+----+--------+-----------------+--------------------+-----------
//   |mc  |rev |  - |iid |type|chan| length | reserved        | code, reason (response), or payload
//   +----+----+----+----+----+----+--------+-----------------+--------------------+-----------
import { i32, u8, u16 } from '../bytes.ts';
import type { Dissector } from './dissection.ts';

const HEADER = 16;
const LENGTH_MASK = 0xfff;
const RESPONSE = 0x80;
const EVENT = 0xff;
const OEM = 0x50;
const NAMES: Readonly<Record<number, string>> = {
  0: 'Clear Initial State', // 0x00
  1: 'Select Package', // 0x01
  2: 'Deselect Package', // 0x02
  3: 'Enable Channel', // 0x03
  4: 'Disable Channel', // 0x04
  5: 'Reset Channel', // 0x05
  6: 'Enable Channel Network TX', // 0x06
  7: 'Disable Channel Network TX', // 0x07
  8: 'AEN Enable', // 0x08
  9: 'Set Link', // 0x09
  10: 'Get Link Status', // 0x0a
  11: 'Set VLAN Filter', // 0x0b
  12: 'Enable VLAN', // 0x0c
  13: 'Disable VLAN', // 0x0d
  14: 'Set MAC Address', // 0x0e
  16: 'Enable Broadcast Filter', // 0x10
  17: 'Disable Broadcast Filter', // 0x11
  18: 'Enable Global Multicast Filter', // 0x12
  19: 'Disable Global Multicast Filter', // 0x13
  20: 'Set NC-SI Flow Control', // 0x14
  21: 'Get Version ID', // 0x15
  22: 'Get Capabilities', // 0x16
  23: 'Get Parameters', // 0x17
  24: 'Get Controller Packet Statistics', // 0x18
  25: 'Get NC-SI Statistics', // 0x19
  26: 'Get NC-SI Pass-through Statistics', // 0x1a
  27: 'Get Package Status', // 0x1b
  [OEM]: 'OEM Command',
};
const CODES: readonly string[] = ['completed', 'failed', 'unavailable', 'unsupported'];
const EVENTS: readonly string[] = ['link status change', 'configuration required', 'host driver status change'];

export const printNcsi: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('ncsi', 'NC-SI', at, end, HEADER)) return;
  const type = u8(b, at + 4);
  const length = u16(b, at + 6) & LENGTH_MASK;
  const isResponse = type >= RESPONSE && type !== EVENT;
  out.field('mc_id', u8(b, at));
  out.field('revision', u8(b, at + 1));
  out.field('iid', u8(b, at + 3));
  out.hex('type', type, 2, nameOf(type, isResponse));
  out.field('package', u8(b, at + 5) >>> 5);
  out.field('channel', u8(b, at + 5) & 0x1f);
  out.field('length', length);
  const p = at + HEADER;
  if (p + length > end) return void out.fault(`truncated: ${end - p} < ${length}`);
  if (isResponse && length >= 4) {
    out.hex('code', u16(b, p), 4, CODES[u16(b, p)] ?? '');
    out.hex('reason', u16(b, p + 2), 4);
    if (length > 4) out.bytes('payload', b, p + 4, p + length);
  } else if (type === EVENT && length >= 4) out.field('event', i32(b, p) & 0xff, EVENTS[i32(b, p) & 0xff] ?? '');
  else if (length > 0) out.bytes('payload', b, p, p + length);
};

function nameOf(type: number, isResponse: boolean): string {
  if (type === EVENT) return 'AEN';
  if (!isResponse) return NAMES[type] ?? 'Unknown';
  return `${NAMES[type - RESPONSE] ?? 'Unknown'} response`;
}
