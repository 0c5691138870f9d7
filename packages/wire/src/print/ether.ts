// Ethernet II and IEEE 802.3, and the tags of IEEE 802.1Q behind it.
import { u8 } from '../bytes.ts';
import * as Ether from '../ether.ts';
import * as Vlan from '../vlan.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { printLlc } from './llc.ts';

/** Locally administered, IEEE 802 8.2. */
const LOCAL = 2;
/** Below it, the type of a frame is a length (IEEE 802.3 3.2.6). */
const LEAST_TYPE = 0x600;

export const printEther: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('ether', 'ETH', at, end, Ether.HEADER)) return;
  out.mac('dst', b, at + Ether.DST, kind(b, at + Ether.DST));
  out.mac('src', b, at + Ether.SRC, kind(b, at + Ether.SRC));
  inside(d, Ether.type(b, at), at + Ether.HEADER, end);
};

export const printVlan: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('ether', 'VLAN', at, end, Vlan.HEADER)) return;
  out.field('pcp', Vlan.priority(b, at));
  out.field('dei', Vlan.dropEligible(b, at) ? 1 : 0);
  out.field('vid', Vlan.id(b, at));
  inside(d, Vlan.type(b, at), at + Vlan.HEADER, end);
};

/** What follows a field that is a type, or the length of a frame of 802.3. */
function inside(d: Dissection, type: number, at: number, end: number): void {
  if (type >= LEAST_TYPE) {
    d.out.hex('type', type, 4, d.etherTypeName(type));
    d.etherType(type, at, end);
    return;
  }
  d.out.field('length', type);
  if (at + type > end) d.out.fault(`${at + type - end} bytes are not there`);
  printLlc(d, at, Math.min(end, at + type));
}

function kind(b: Uint8Array, at: number): string {
  const all = [0, 1, 2, 3, 4, 5].every((i) => u8(b, at + i) === 0xff);
  if (all) return 'broadcast';
  return [...(Ether.isGroup(b, at) ? ['multicast'] : []), ...((u8(b, at) & LOCAL) === 0 ? [] : ['local'])].join(', ');
}
