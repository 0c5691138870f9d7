// ARP and RARP, RFC 826 and RFC 903, of any hardware and protocol.
import * as Arp from '../arp.ts';
import { u8, u16 } from '../bytes.ts';
import * as Ether from '../ether.ts';
import type { Dissection, Dissector } from './dissection.ts';

/** Up to the addresses, whose lengths it says. */
const FIXED = 8;
const OPS: readonly string[] = ['', 'request', 'reply', 'reverse request', 'reverse reply'];

export const printArp: Dissector = (d, at, end) => print(d, 'ARP', at, end);
export const printRarp: Dissector = (d, at, end) => print(d, 'RARP', at, end);

function print(d: Dissection, name: string, at: number, end: number): void {
  const { b, out } = d;
  if (!d.layer('arp', name, at, end, FIXED, Math.min(end - at, Arp.HEADER))) return;
  const [hw, proto] = [u8(b, at + 4), u8(b, at + 5)];
  out.field('hw_type', u16(b, at), u16(b, at) === 1 ? 'Ethernet' : '');
  out.hex('proto_type', u16(b, at + 2), 4, d.etherTypeName(u16(b, at + 2)));
  out.field('hw_size', hw);
  out.field('proto_size', proto);
  out.field('opcode', u16(b, at + 6), OPS[u16(b, at + 6)] ?? '');
  const need = FIXED + 2 * (hw + proto);
  if (end - at < need) return void out.fault(`truncated: ${end - at} < ${need}`);
  let p = at + FIXED;
  for (const who of ['sender', 'target']) {
    if (hw === Ether.MAC) out.mac(`${who}_mac`, b, p);
    else out.bytes(`${who}_hw`, b, p, p + hw);
    p += hw;
    if (proto === 4) out.ip4(`${who}_ip`, b, p);
    else out.bytes(`${who}_proto`, b, p, p + proto);
    p += proto;
  }
}
