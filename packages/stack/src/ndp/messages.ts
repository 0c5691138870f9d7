// Sends the messages of neighbour discovery: small ICMPv6 packets with the hop limit 255, between neighbours only (RFC 4861).
import { pseudo6 } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ipv6 from '@reslirp/wire/ipv6';
import { Drop, type DropCounters } from '../drop.ts';
import { Endpoint } from '../endpoint.ts';
import type { Cable } from '../ether/cable.ts';
import { GATEWAY_MAC, type Station } from '../ether/station.ts';

/** Type, length, and a MAC address: the option of a link-layer address, RFC 4861 4.6.1. */
export const LINK_OPTION = 8;
const ICMP = Ether.HEADER + Ipv6.HEADER;
/** RFC 2464 7: 33:33 and the last four bytes of the group. */
const GROUP_PREFIX = 0x33;
/** The first word of ff02::, and the last two of a solicited-node group: RFC 4291 2.7.1. */
const LINK_GROUP = 0xff02_0000 | 0;
const SOLICITED = 0xff00_0000 | 0;

/** ff02::1 */
export const ALL_NODES: Endpoint = new Endpoint().setWords(LINK_GROUP, 0, 0, 1, 0);

/** Fills `group` with the one that whoever has `address` listens to. */
export function solicitedNode(address: Endpoint, group: Endpoint): Endpoint {
  return group.setWords(LINK_GROUP, 0, 1, SOLICITED | (address.w3 & 0xff_ffff), 0);
}

export interface MessagesParts {
  readonly cable: Cable;
  readonly station: Station;
  readonly drops: DropCounters;
}

export class Messages {
  readonly #parts: MessagesParts;
  readonly #group: Uint8Array = new Uint8Array(Ether.MAC).fill(GROUP_PREFIX, 0, 2);

  constructor(parts: MessagesParts) {
    this.#parts = parts;
  }

  /** To everyone in a group. `body`: what follows the eight bytes of the header. */
  toGroup(from: Endpoint, group: Endpoint, type: number, rest: number, body: Uint8Array): boolean {
    const mac = this.#group;
    mac[2] = group.w3 >>> 24;
    mac[3] = group.w3 >>> 16;
    mac[4] = group.w3 >>> 8;
    mac[5] = group.w3;
    return this.to(mac, 0, from, group, type, rest, body);
  }

  /** To one neighbour, at mac[macAt]. False when the link is full. */
  to(
    mac: Uint8Array,
    macAt: number,
    from: Endpoint,
    to: Endpoint,
    type: number,
    rest: number,
    body: Uint8Array,
  ): boolean {
    const { cable, station, drops } = this.#parts;
    const length = Icmp6.HEADER + body.length;
    const at = cable.reserve(ICMP + length);
    if (at < 0) {
      drops.count(Drop.LINK_FULL);
      return false;
    }
    const b = cable.slab;
    const ip = at + Ether.HEADER;
    const icmp = at + ICMP;
    Ether.emit(b, at, mac, macAt, station.macs, GATEWAY_MAC, Ether.Type.IP6);
    Ipv6.emit(b, ip, length, Ipv6.Next.ICMP6, Icmp6.NEIGHBOUR_HOPS, 0, 0);
    from.put6(b, ip + Ipv6.SRC);
    to.put6(b, ip + Ipv6.DST);
    b.set(body, icmp + Icmp6.HEADER);
    const pseudo = pseudo6(b, ip + Ipv6.SRC, Ipv6.Next.ICMP6, length);
    Icmp6.emit(b, icmp, icmp + length, type, 0, rest, pseudo);
    cable.commit(ICMP + length, null, 0, 0, null);
    return true;
  }
}
