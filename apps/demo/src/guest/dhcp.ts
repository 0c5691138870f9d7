// A DHCP client: DISCOVER, OFFER, REQUEST, ACK (RFC 2131 3.1).
import { i32, u8 } from '@reslirp/wire/bytes';
import * as Dhcp from '@reslirp/wire/dhcp4';
import type { Station } from './station.ts';
import type { UdpPorts } from './udp.ts';

const { Option } = Dhcp;

/** Addresses are int32; 0 for what the server did not say. */
export interface Lease {
  readonly ip: number;
  readonly server: number;
  readonly mask: number;
  readonly router: number;
  readonly nameserver: number;
  readonly seconds: number;
}

export async function lease(station: Station, udp: UdpPorts): Promise<Lease> {
  const xid = Math.floor(Math.random() * 0x1_0000_0000) | 0;
  const offer = await exchange(udp, station.mac, xid, Dhcp.Message.DISCOVER, Dhcp.Message.OFFER, null);
  return exchange(udp, station.mac, xid, Dhcp.Message.REQUEST, Dhcp.Message.ACK, offer);
}

function exchange(
  udp: UdpPorts,
  mac: Uint8Array,
  xid: number,
  say: number,
  hear: number,
  offer: Lease | null,
): Promise<Lease> {
  const question = message(mac, xid, say, offer);
  return udp.ask(Dhcp.Port.CLIENT, null, Dhcp.Port.SERVER, question, (b, at, end) => {
    if (Dhcp.check(b, at, end) !== Dhcp.Malformed.NO || Dhcp.xid(b, at) !== xid) return null;
    return Dhcp.messageType(b, at, end) === hear ? read(b, at, end) : null;
  });
}

function message(mac: Uint8Array, xid: number, type: number, offer: Lease | null): Uint8Array {
  const b = new Uint8Array(576);
  let next = Dhcp.emit(b, 0, Dhcp.Op.REQUEST, xid, false, 0, 0, 0, 0, mac, 0);
  next = Dhcp.emit8(b, next, b.length, Option.MESSAGE_TYPE, type);
  if (offer !== null) {
    next = Dhcp.emit32(b, next, b.length, Option.REQUESTED_IP, offer.ip);
    next = Dhcp.emit32(b, next, b.length, Option.SERVER_ID, offer.server);
  }
  const wanted = Uint8Array.of(Option.SUBNET_MASK, Option.ROUTER, Option.DNS, Option.LEASE_TIME);
  next = Dhcp.emitBytes(b, next, b.length, Option.PARAMETER_LIST, wanted, 0, wanted.length);
  return b.subarray(0, Dhcp.emitEnd(b, 0, next, b.length));
}

function read(b: Uint8Array, at: number, end: number): Lease {
  return {
    ip: Dhcp.yiaddr(b, at),
    server: Dhcp.option32(b, at, end, Option.SERVER_ID, 0),
    mask: Dhcp.option32(b, at, end, Option.SUBNET_MASK, 0),
    router: first(b, at, end, Option.ROUTER),
    nameserver: first(b, at, end, Option.DNS),
    seconds: Dhcp.option32(b, at, end, Option.LEASE_TIME, 0) >>> 0,
  };
}

/** The first of a list of addresses. */
function first(b: Uint8Array, at: number, end: number, code: number): number {
  const list = Dhcp.option(b, at, end, code);
  return list >= 0 && u8(b, list) >= 4 ? i32(b, list + 1) : 0;
}
