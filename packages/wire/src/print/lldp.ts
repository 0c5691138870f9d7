// LLDP, IEEE 802.1AB 8: type and length in two bytes (7 and 9 bits), value.
import { i32, u8, u16 } from '../bytes.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { bits } from './writer.ts';

const Tlv = { END: 0, CHASSIS: 1, PORT: 2, TTL: 3, CAPABILITIES: 7, MANAGEMENT: 8, ORGANIZATION: 127 } as const;
const NAMES: Readonly<Record<number, string>> = {
  [Tlv.END]: 'End',
  [Tlv.CHASSIS]: 'Chassis ID',
  [Tlv.PORT]: 'Port ID',
  [Tlv.TTL]: 'Time To Live',
  4: 'Port Description',
  5: 'System Name',
  6: 'System Description',
  [Tlv.CAPABILITIES]: 'System Capabilities',
  [Tlv.MANAGEMENT]: 'Management Address',
  [Tlv.ORGANIZATION]: 'Organizationally Specific',
};
/** Subtypes of the two identifiers that are addresses, 8.5.2.2 and 8.5.3.2. */
const MAC_SUBTYPE: Readonly<Record<number, number>> = { [Tlv.CHASSIS]: 4, [Tlv.PORT]: 3 };
const NETWORK_SUBTYPE: Readonly<Record<number, number>> = { [Tlv.CHASSIS]: 5, [Tlv.PORT]: 4 };
const CAPABILITIES = [
  [1, 'other'],
  [2, 'repeater'],
  [4, 'bridge'],
  [8, 'WLAN'],
  [16, 'router'],
  [32, 'telephone'],
  [64, 'DOCSIS'],
  [128, 'station'],
] as const;

export const printLldp: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('ether', 'LLDP', at, end, 2, end - at)) return;
  for (let p = at; p < end && !out.full; ) {
    if (p + 2 > end) return void out.fault('truncated');
    const type = u8(b, p) >>> 1;
    const size = u16(b, p) & 0x1ff;
    out.item(NAMES[type] ?? 'Unknown');
    out.field('tlv', type);
    out.field('length', size);
    p += 2;
    if (p + size > end) return void out.fault(`truncated: ${end - p} < ${size}`);
    value(d, type, p, p + size);
    if (type === Tlv.END) return;
    p += size;
  }
};

function value(d: Dissection, type: number, at: number, end: number): void {
  const { b, out } = d;
  if (type === Tlv.CHASSIS || type === Tlv.PORT) identifier(d, type, at, end);
  else if (type === Tlv.TTL && end - at >= 2) out.field('seconds', u16(b, at));
  else if (type >= 4 && type <= 6) out.text('text', b, at, end);
  else if (type === Tlv.CAPABILITIES && end - at >= 4) {
    out.hex('has', u16(b, at), 4, bits(u16(b, at), CAPABILITIES));
    out.hex('enabled', u16(b, at + 2), 4, bits(u16(b, at + 2), CAPABILITIES));
  } else if (type === Tlv.MANAGEMENT && end - at >= 2) address(d, at + 1, Math.min(end, at + 1 + u8(b, at)));
  else if (type === Tlv.ORGANIZATION && end - at >= 4) {
    out.hex('oui', i32(b, at) >>> 8, 6);
    out.field('subtype', u8(b, at + 3));
    out.bytes('value', b, at + 4, end);
  } else if (end > at) out.bytes('value', b, at, end);
}

function identifier(d: Dissection, type: number, at: number, end: number): void {
  const { b, out } = d;
  if (end === at) return void out.fault('empty');
  const subtype = u8(b, at);
  out.field('subtype', subtype);
  if (subtype === MAC_SUBTYPE[type] && end - at === 7) out.mac('mac', b, at + 1);
  else if (subtype === NETWORK_SUBTYPE[type]) address(d, at + 1, end);
  else out.text('id', b, at + 1, end);
}

/** A family of IANA's, then the address. */
function address(d: Dissection, at: number, end: number): void {
  const { b, out } = d;
  if (end - at === 5 && u8(b, at) === 1) out.ip4('address', b, at + 1);
  else if (end - at === 17 && u8(b, at) === 2) out.ip6('address', b, at + 1);
  else out.bytes('address', b, at, end);
}
