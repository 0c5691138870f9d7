// IPv4 packets to the guest: headers go straight into the link's slab, payloads are lent.
//
// Fragmentation is for datagrams (UDP, ICMP), RFC 791 3.2; TCP never needs it and says so by DF (RFC 1191 6.1).
// A packet that cannot be cut has no use for an identification (RFC 6864 4.1), and gets 0: then the 16 bits that there
// are last 65,536 datagrams, and TCP cannot use them up.
import { Cut, type Link, type Unfinished } from '@reslirp/link';
import { put16 } from '@reslirp/wire/bytes';
import { finish, fold, pseudo4, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Ipv4 from '@reslirp/wire/ipv4';
import * as Udp from '@reslirp/wire/udp';
import type { Arp } from '../arp/arp.ts';
import type { Neighbours } from '../arp/neighbours.ts';
import { Drop, type DropCounters } from '../drop.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Cable } from '../ether/cable.ts';
import { GATEWAY_MAC, type Station } from '../ether/station.ts';
import { NONE } from '../key-table.ts';
import type { Network } from '../network.ts';
import { FULL, type IpOutput, UNRESOLVED } from './output.ts';
import { Waiting } from './waiting.ts';

/** Both headers, in front of the transport's. */
const HEADERS = Ether.HEADER + Ipv4.HEADER;
/** RFC 791 3.1, less the headers of IP and UDP. */
const MAX_PAYLOAD = 65_535 - Ipv4.HEADER - Udp.HEADER;
/** Bytes of the transport headers that packet() sends: UDP's and ICMP's. */
const HEAD = 8;

export interface Ip4OutputParts {
  readonly network: Network;
  readonly station: Station;
  readonly neighbours: Neighbours;
  readonly arp: Arp;
  readonly cable: Cable;
  readonly link: Link;
  readonly drops: DropCounters;
  readonly random: () => number;
}

export class Ip4Output implements IpOutput {
  readonly #parts: Ip4OutputParts;
  readonly #waiting: Waiting = new Waiting();
  readonly #head: Uint8Array = new Uint8Array(HEAD);
  readonly #unfinished: Unfinished = { sumFrom: HEADERS, sumField: 0, cut: Cut.NO, mss: 0 };
  // The packet at hand: to whom, and how.
  #mac: number = NONE;
  #src: number = 0;
  #dst: number = 0;
  #protocol: number = 0;
  #hops: number = 0;
  #tos: number = 0;
  /** Where its transport header lies, and its unfolded pseudo-header sum. */
  #at: number = 0;
  #pseudo: number = 0;
  #identification: number;

  constructor(parts: Ip4OutputParts) {
    this.#parts = parts;
    this.#identification = Math.floor(parts.random() * 0x1_0000);
  }

  limit(_to: Endpoint): number {
    return this.#parts.network.mtu - Ipv4.HEADER;
  }

  reachable(to: Endpoint): boolean {
    return this.#resolve(to) !== NONE;
  }

  slab(): Uint8Array {
    return this.#parts.cable.slab;
  }

  pseudo(): number {
    return this.#pseudo;
  }

  begin(from: Endpoint, to: Endpoint, protocol: number, length: number, hops: number): number {
    if (!this.#address(this.#resolve(to), from, to, protocol, hops, 0)) return UNRESOLVED;
    if (protocol === Ipv4.Protocol.TCP) return this.#open(length, 0, Ipv4.Fragment.DF);
    return this.#open(length, this.#nextIdentification(), 0);
  }

  commit(
    header: number,
    sumField: number,
    lent: Uint8Array | null,
    from: number,
    to: number,
    cut: Cut,
    mss: number,
  ): void {
    const { cable, link } = this.#parts;
    const unfinished = link.offload.checksum || cut !== Cut.NO ? this.#unfinished : null;
    const field = this.#at + sumField;
    if (unfinished !== null) {
      unfinished.sumField = sumField;
      unfinished.cut = cut;
      unfinished.mss = mss;
      put16(cable.slab, field, fold(this.#pseudo));
    } else {
      put16(cable.slab, field, 0);
      put16(cable.slab, field, this.#sum(cable.slab, this.#at, this.#at + header, lent, from, to));
    }
    cable.commit(HEADERS + header, lent, from, to, unfinished);
  }

  datagram(from: Endpoint, to: Endpoint, hops: number, b: Uint8Array, at: number, end: number, now: number): boolean {
    if (!this.#address(this.#resolve(to), from, to, Ipv4.Protocol.UDP, hops, 0)) {
      const lost = this.#waiting.keep(from, to, hops, b.subarray(at, end), now);
      for (let i = 0; i < lost; i++) this.#unresolved();
      return true;
    }
    return this.#datagram(from.port, to.port, b, at, end);
  }

  /** `address` is known now: what has been waiting for it leaves. */
  resolved(address: Endpoint, now: number): void {
    for (const { from, to, hops, payload } of this.#waiting.release(address, now)) {
      this.datagram(from, to, hops, payload, 0, payload.length, now);
    }
  }

  /** A datagram for `mac`, whatever ARP says: for guests that have no address yet. */
  datagramAt(
    mac: Uint8Array,
    from: Endpoint,
    to: Endpoint,
    hops: number,
    b: Uint8Array,
    at: number,
    end: number,
  ): boolean {
    const { macs, spare } = this.#parts.neighbours;
    Ether.copyMac(macs, spare, mac, 0);
    this.#address(spare, from, to, Ipv4.Protocol.UDP, hops, 0);
    return this.#datagram(from.port, to.port, b, at, end);
  }

  /** Any other packet, with a finished transport header of eight bytes; fragmented where limit() asks for it. */
  packet(
    from: Endpoint,
    to: Endpoint,
    protocol: number,
    hops: number,
    tos: number,
    head: Uint8Array,
    b: Uint8Array,
    at: number,
    end: number,
  ): boolean {
    if (!this.#address(this.#resolve(to), from, to, protocol, hops, tos)) return this.#unresolved();
    return this.#fragments(head, b, at, end);
  }

  #datagram(srcPort: number, dstPort: number, b: Uint8Array, at: number, end: number): boolean {
    const length = Udp.HEADER + end - at;
    if (end - at > MAX_PAYLOAD) return false;
    if (length <= this.#parts.network.mtu - Ipv4.HEADER) {
      const udp = this.#open(length, this.#nextIdentification(), 0);
      if (udp === FULL) return this.#full();
      Udp.emit(this.slab(), udp, srcPort, dstPort, length, 0);
      this.commit(Udp.HEADER, Udp.SUM, b, at, end, Cut.NO, 0);
      return true;
    }
    // No link can complete a sum over several frames
    this.#pseudo = pseudo4(this.#src, this.#dst, this.#protocol, length);
    Udp.emit(this.#head, 0, srcPort, dstPort, length, 0);
    put16(this.#head, Udp.SUM, this.#sum(this.#head, 0, HEAD, b, at, end));
    return this.#fragments(this.#head, b, at, end);
  }

  /** RFC 791 3.2: pieces of a multiple of eight bytes; one piece when it fits. */
  #fragments(head: Uint8Array, b: Uint8Array, at: number, end: number): boolean {
    const room = this.#parts.network.mtu - Ipv4.HEADER;
    const total = HEAD + end - at;
    const unit = total <= room ? total : room & ~7;
    const id = this.#nextIdentification();
    for (let offset = 0; offset < total; offset += unit) {
      const size = Math.min(unit, total - offset);
      const more = offset + size < total ? Ipv4.Fragment.MF : 0;
      const transport = this.#open(size, id, more | (offset >>> 3));
      if (transport === FULL) return this.#full();
      const own = offset === 0 ? HEAD : 0;
      if (own > 0) this.slab().set(head, transport);
      const from = at + offset - HEAD + own;
      this.#parts.cable.commit(HEADERS + own, b, from, from + size - own, null);
    }
    return true;
  }

  /** False when there is no MAC. */
  #address(mac: number, from: Endpoint, to: Endpoint, protocol: number, hops: number, tos: number): boolean {
    this.#mac = mac;
    this.#src = from.ip4;
    this.#dst = to.ip4;
    this.#protocol = protocol;
    this.#hops = hops;
    this.#tos = tos;
    return mac !== NONE;
  }

  /** Reserves the frame and writes both headers. The offset of what follows them, or FULL. */
  #open(length: number, id: number, fragment: number): number {
    const { cable, neighbours, station } = this.#parts;
    const at = cable.reserve(HEADERS + length);
    if (at < 0) return FULL;
    const b = cable.slab;
    const total = Ipv4.HEADER + length;
    Ether.emit(b, at, neighbours.macs, this.#mac, station.macs, GATEWAY_MAC, Ether.Type.IP4);
    Ipv4.emit(b, at + Ether.HEADER, total, this.#src, this.#dst, this.#protocol, this.#hops, this.#tos, id, fragment);
    this.#pseudo = pseudo4(this.#src, this.#dst, this.#protocol, length);
    this.#at = at + HEADERS;
    return this.#at;
  }

  /** The finished checksum over the header in `b`, whose field is zero, and what is lent. */
  #sum(b: Uint8Array, at: number, end: number, lent: Uint8Array | null, from: number, to: number): number {
    const head = sum(b, at, end, this.#pseudo);
    const all = lent === null ? head : sum(lent, from, to, head);
    return this.#protocol === Ipv4.Protocol.UDP ? Udp.field(all) : finish(all);
  }

  #resolve(to: Endpoint): number {
    return to.is4 ? this.#parts.arp.resolve(to) : NONE;
  }

  #nextIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }

  #unresolved(): boolean {
    this.#parts.drops.count(Drop.NEIGHBOUR_UNRESOLVED);
    return false;
  }

  #full(): boolean {
    this.#parts.drops.count(Drop.LINK_FULL);
    return false;
  }
}
