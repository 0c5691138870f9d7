// How the scripted guest finds its gateway, and is found: ARP and neighbour discovery, the least of both.
import type { Link } from '@reslirp/link';
import * as Arp from '@reslirp/wire/arp';
import { pseudo6 } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ip6 from '@reslirp/wire/ipv6';

export const MAC: Uint8Array = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
const EVERYONE = new Uint8Array(6).fill(0xff);
const ADVERTISED = Icmp6.Advertised.SOLICITED | Icmp6.Advertised.OVERRIDE;
/** Target, and a link-layer option. */
const NEIGHBOUR_BODY = Ip6.ADDRESS + 8;

/** Addresses of IPv4 are int32, those of IPv6 16 bytes. */
export interface Places {
  readonly address: number;
  readonly gateway: number;
  readonly address6: Uint8Array;
  readonly gateway6: Uint8Array;
}

export class Neighbourhood {
  /** The gateway's MAC as each IP has found it out; null: not known. */
  mac4: Uint8Array | null = null;
  mac6: Uint8Array | null = null;
  readonly #link: Link;
  readonly #places: Places;

  constructor(link: Link, places: Places) {
    this.#link = link;
    this.#places = places;
  }

  ask4(): void {
    const { address, gateway } = this.#places;
    this.#sayArp(EVERYONE, Arp.Op.REQUEST, new Uint8Array(6), gateway, address);
  }

  /** An ARP packet that was checked. */
  arp(b: Uint8Array, at: number): void {
    const { address, gateway } = this.#places;
    const sender = b.slice(at + Arp.SHA, at + Arp.SHA + 6);
    if (Arp.op(b, at) === Arp.Op.REPLY && Arp.spa(b, at) === gateway) this.mac4 = sender;
    if (Arp.op(b, at) === Arp.Op.REQUEST && Arp.tpa(b, at) === address)
      this.#sayArp(sender, Arp.Op.REPLY, sender, Arp.spa(b, at), address);
  }

  /** RFC 4861 4.3, to the solicited-node group of RFC 4291 2.7.1. */
  ask6(): void {
    const { gateway6 } = this.#places;
    const group = new Uint8Array(16);
    group.set([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...gateway6.subarray(13)]);
    const mac = Uint8Array.of(0x33, 0x33, ...group.subarray(12));
    this.#say6(mac, group, Icmp6.Type.NEIGHBOUR_SOLICITATION, 0, gateway6, Icmp6.Option.SOURCE_LINK);
  }

  /** A message of neighbour discovery, whose ICMP was checked; `ip`: where its packet begins. */
  neighbour(b: Uint8Array, ip: number, at: number, end: number): void {
    if (Icmp6.checkNeighbour(b, at, end) !== Icmp6.Malformed.NO) throw new Error('a malformed neighbour message');
    const { address6, gateway6 } = this.#places;
    const target = at + Icmp6.TARGET;
    const isReply = Icmp6.type(b, at) === Icmp6.Type.NEIGHBOUR_ADVERTISEMENT;
    if (isReply && Ip6.sameAddress(b, target, gateway6, 0)) {
      const option = Icmp6.option(b, at, end, Icmp6.Option.TARGET_LINK);
      if (option >= 0) this.mac6 = b.slice(option + 2, option + 8);
    }
    if (isReply || !Ip6.sameAddress(b, target, address6, 0)) return;
    const asking = b.slice(ip + Ip6.SRC, ip + Ip6.SRC + Ip6.ADDRESS);
    const mac = b.slice(ip - Ether.HEADER + Ether.SRC, ip - Ether.HEADER + Ether.SRC + 6);
    this.#say6(mac, asking, Icmp6.Type.NEIGHBOUR_ADVERTISEMENT, ADVERTISED, address6, Icmp6.Option.TARGET_LINK);
  }

  #sayArp(to: Uint8Array, op: number, tha: Uint8Array, tpa: number, spa: number): void {
    const at = this.#link.reserve(Ether.HEADER + Arp.HEADER);
    if (at < 0) return;
    const b = this.#link.slab;
    Ether.emit(b, at, to, 0, MAC, 0, Ether.Type.ARP);
    Arp.emit(b, at + Ether.HEADER, op, MAC, 0, spa, tha, 0, tpa);
    this.#link.commit(Ether.HEADER + Arp.HEADER);
    this.#link.flush();
  }

  #say6(mac: Uint8Array, to: Uint8Array, type: number, flags: number, target: Uint8Array, option: number): void {
    const length = Icmp6.HEADER + NEIGHBOUR_BODY;
    const size = Ether.HEADER + Ip6.HEADER + length;
    const at = this.#link.reserve(size);
    if (at < 0) return;
    const b = this.#link.slab;
    const ip = at + Ether.HEADER;
    const message = ip + Ip6.HEADER;
    Ether.emit(b, at, mac, 0, MAC, 0, Ether.Type.IP6);
    Ip6.emit(b, ip, length, Ip6.Next.ICMP6, Icmp6.NEIGHBOUR_HOPS, 0, 0);
    b.set(this.#places.address6, ip + Ip6.SRC);
    b.set(to, ip + Ip6.DST);
    b.set(target, message + Icmp6.HEADER);
    b.set([option, 1, ...MAC], message + Icmp6.HEADER + Ip6.ADDRESS);
    const pseudo = pseudo6(b, ip + Ip6.SRC, Ip6.Next.ICMP6, length);
    Icmp6.emit(b, message, message + length, type, 0, flags, pseudo);
    this.#link.commit(size);
    this.#link.flush();
  }
}
