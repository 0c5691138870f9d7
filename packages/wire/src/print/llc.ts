// IEEE 802.2 LLC, with the SNAP of RFC 1042.
import { u8, u16 } from '../bytes.ts';
import type { Dissector } from './dissection.ts';
import { printStp } from './stp.ts';

const Sap = { SPANNING_TREE: 0x42, SNAP: 0xaa } as const;
const SNAP_HEADER = 8;
/** The two low bits of the control field of one byte: unnumbered. */
const UNNUMBERED = 3;
const CISCO = 0x00000c;
/** Protocols of Cisco that carry a BPDU: a spanning tree for each VLAN. */
const PVST = 0x010b;

export const printLlc: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('ether', 'LLC', at, end, 3)) return;
  const size = (u8(b, at + 2) & UNNUMBERED) === UNNUMBERED ? 3 : 4;
  if (at + size > end) return void out.fault('truncated');
  out.hex('dsap', u8(b, at), 2);
  out.hex('ssap', u8(b, at + 1), 2);
  out.hex('control', size === 3 ? u8(b, at + 2) : u16(b, at + 2), 2 * (size - 2));
  if (u8(b, at) === Sap.SPANNING_TREE) printStp(d, at + size, end);
  else if (u8(b, at) === Sap.SNAP) printSnap(d, at, end);
};

const printSnap: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (end - at < SNAP_HEADER) return void out.fault('truncated');
  const oui = (u8(b, at + 3) << 16) | u16(b, at + 4);
  const pid = u16(b, at + 6);
  out.hex('oui', oui, 6);
  out.hex('pid', pid, 4);
  if (oui === 0) d.etherType(pid, at + SNAP_HEADER, end);
  else if (oui === CISCO && pid === PVST) printStp(d, at + SNAP_HEADER, end);
};
