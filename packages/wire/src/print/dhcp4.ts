// DHCP for IPv4 and BOOTP: the fields of RFC 2131 2. The options are in a file of their own.
import { format4 } from '../address.ts';
import { u8, u16 } from '../bytes.ts';
import * as Dhcp4 from '../dhcp4.ts';
import { printDhcp4Options } from './dhcp4-options.ts';
import type { Dissection, Dissector } from './dissection.ts';
import { hex } from './writer.ts';

/** Before the cookie. */
const BOOTP = 236;
const HOPS = 3;
const FLAGS = 10;
/** Bits of option 52. */
const Overload = { FILE: 1, SNAME: 2 } as const;

export const printDhcp4: Dissector = (d, at, end) => {
  const { b, out } = d;
  if (!d.layer('dhcp', 'DHCP', at, end, BOOTP, end - at)) return;
  const op = Dhcp4.op(b, at);
  out.field('op', op, op === Dhcp4.Op.REQUEST ? 'request' : op === Dhcp4.Op.REPLY ? 'reply' : '');
  out.field('htype', Dhcp4.hardwareType(b, at));
  out.field('hlen', Dhcp4.hardwareLength(b, at));
  out.field('hops', u8(b, at + HOPS));
  out.field('xid', hex(Dhcp4.xid(b, at), 8));
  out.field('secs', Dhcp4.secs(b, at));
  out.hex('flags', u16(b, at + FLAGS), 4, Dhcp4.isBroadcast(b, at) ? 'broadcast' : '');
  out.item('addresses');
  out.field('ciaddr', format4(Dhcp4.ciaddr(b, at)));
  out.field('yiaddr', format4(Dhcp4.yiaddr(b, at)));
  out.field('siaddr', format4(Dhcp4.siaddr(b, at)));
  out.field('giaddr', format4(Dhcp4.giaddr(b, at)));
  const size = Math.min(Dhcp4.hardwareLength(b, at), Dhcp4.CHADDR_SIZE);
  if (size === 6) out.mac('chaddr', b, at + Dhcp4.CHADDR);
  else out.bytes('chaddr', b, at + Dhcp4.CHADDR, at + Dhcp4.CHADDR + size);
  const why = Dhcp4.check(b, at, end);
  if (why === Dhcp4.Malformed.HARDWARE) out.fault(`a hardware address of ${Dhcp4.hardwareLength(b, at)} bytes`);
  const overload = why === Dhcp4.Malformed.NO ? overloaded(d, at, end) : 0;
  names(d, at, overload);
  if (why === Dhcp4.Malformed.COOKIE) out.note('BOOTP: no options');
  else if (why === Dhcp4.Malformed.SHORT) out.fault(`options are truncated: ${end - at} < ${Dhcp4.HEADER}`);
  else if (why === Dhcp4.Malformed.NO) options(d, at, end, overload);
};

/** Texts, unless options go on in their fields. */
function names({ b, out }: Dissection, at: number, overload: number): void {
  const text = (field: string, from: number, to: number): void => {
    let stop = from;
    while (stop < to && u8(b, stop) !== 0) stop++;
    if (stop > from) out.text(field, b, from, stop);
  };
  if ((overload & Overload.SNAME) === 0) text('sname', at + Dhcp4.SNAME, at + Dhcp4.SNAME + Dhcp4.SNAME_SIZE);
  if ((overload & Overload.FILE) === 0) text('file', at + Dhcp4.FILE, at + Dhcp4.FILE + Dhcp4.FILE_SIZE);
}

function options(d: Dissection, at: number, end: number, overload: number): void {
  printDhcp4Options(d, at + Dhcp4.HEADER, end);
  if ((overload & Overload.FILE) !== 0) printDhcp4Options(d, at + Dhcp4.FILE, at + Dhcp4.FILE + Dhcp4.FILE_SIZE);
  if ((overload & Overload.SNAME) !== 0) printDhcp4Options(d, at + Dhcp4.SNAME, at + Dhcp4.SNAME + Dhcp4.SNAME_SIZE);
}

function overloaded({ b }: Dissection, at: number, end: number): number {
  const p = Dhcp4.option(b, at, end, Dhcp4.Option.OVERLOAD);
  return p >= 0 && u8(b, p) === 1 ? u8(b, p + 1) : 0;
}
