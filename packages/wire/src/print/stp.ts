// Bridge protocol data units of spanning trees, IEEE 802.1D-2004 9.3.
//
//   0        2    3    4    5          13         17         25       27       29       31       33       35
//   +--------+----+----+----+----------+----------+----------+--------+--------+--------+--------+--------+
//   | prot 0 | ver|type|flag| root     | cost     | bridge   | port   | age    | max age| hello  | forward|
//   +--------+----+----+----+----------+----------+----------+--------+--------+--------+--------+--------+

import { formatMac } from '../address.ts';
import { i32, u8, u16 } from '../bytes.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { bits } from './writer.ts';

const Type = { CONFIGURATION: 0, RAPID: 2, TOPOLOGY_CHANGE: 0x80 } as const;
const NAMES: Readonly<Record<number, string>> = {
  [Type.CONFIGURATION]: 'configuration',
  [Type.RAPID]: 'rapid',
  [Type.TOPOLOGY_CHANGE]: 'topology change',
};
const CONFIGURATION = 35;
const FLAGS = [
  [1, 'topology change'],
  [2, 'proposal'],
  [0x10, 'learning'],
  [0x20, 'forwarding'],
  [0x40, 'agreement'],
  [0x80, 'acknowledgment'],
] as const;
const ROLES = ['unknown', 'alternate or backup', 'root', 'designated'];
/** The bits that IEEE 802.1D-1998 has. */
const OLD_FLAGS = 0x81;
/** Times are in units of 1/256 second. */
const TIMES = ['message_age', 'max_age', 'hello', 'forward_delay'];

export const printStp: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('ether', 'STP', at, end, 4, Math.min(end - at, CONFIGURATION))) return;
  const type = u8(b, at + 3);
  out.hex('protocol_id', u16(b, at), 4);
  out.field('version', u8(b, at + 2));
  out.hex('bpdu_type', type, 2, NAMES[type] ?? 'Unknown');
  if (type !== Type.CONFIGURATION && type !== Type.RAPID) return;
  if (end - at < CONFIGURATION) return void out.fault(`truncated: ${end - at} < ${CONFIGURATION}`);
  const flags = u8(b, at + 4);
  out.hex('flags', flags, 2, meaning(flags, type));
  bridge(d, 'root', at + 5);
  out.field('cost', i32(b, at + 13) >>> 0);
  bridge(d, 'bridge', at + 17);
  out.hex('port', u16(b, at + 25), 4);
  for (const [i, name] of TIMES.entries()) out.field(name, u16(b, at + 27 + 2 * i) / 256);
};

function meaning(flags: number, type: number): string {
  if (type === Type.CONFIGURATION) return bits(flags & OLD_FLAGS, FLAGS);
  return [bits(flags, FLAGS), ROLES[(flags >>> 2) & 3]].filter((text) => text !== '').join(', ');
}

/** Priority in the high four bits, then the number of the tree, then an address. */
function bridge(d: Dissection, name: string, at: number): void {
  const word = u16(d.b, at);
  d.out.field(name, `${word & 0xf000}/${word & 0xfff}/${formatMac(d.b, at + 2)}`);
}
