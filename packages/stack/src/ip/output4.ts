// IPv4 packets to the guest.
//
// Fragmentation is for datagrams (UDP, ICMP), RFC 791 3.2; TCP never needs it and says so by DF (RFC 1191 6.1).
// A packet that cannot be cut has no use for an identification (RFC 6864 4.1), and gets 0: then the 16 bits that there
// are last 65,536 datagrams, and TCP cannot use them up.
import { pseudo4 } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Ipv4 from '@reslirp/wire/ipv4';
import type { Arp } from '../arp/arp.ts';
import { Endpoint } from '../endpoint.ts';
import { GATEWAY_MAC } from '../ether/station.ts';
import { NONE } from '../key-table.ts';
import { HEAD, PacketOutput, type PacketOutputParts } from './packet-output.ts';

/** Both headers, in front of the transport's. */
const HEADERS = Ether.HEADER + Ipv4.HEADER;
/** RFC 791 3.1. */
const MAX_PAYLOAD = 65_535 - Ipv4.HEADER;

export interface Ip4OutputParts extends PacketOutputParts {
  readonly arp: Arp;
  readonly random: () => number;
}

export class Ip4Output extends PacketOutput {
  readonly #arp: Arp;
  #identification: number;

  constructor(parts: Ip4OutputParts) {
    super(parts, Ipv4.HEADER, MAX_PAYLOAD, new Endpoint());
    this.#arp = parts.arp;
    this.#identification = Math.floor(parts.random() * 0x1_0000);
  }

  protected override resolve(to: Endpoint): number {
    return to.is4 ? this.#arp.resolve(to) : NONE;
  }

  protected override putHeaders(b: Uint8Array, at: number, length: number, cuttable: boolean): void {
    if (cuttable) this.#put(b, at, length, this.#nextIdentification(), 0);
    else this.#put(b, at, length, 0, Ipv4.Fragment.DF);
  }

  protected override pseudoOf(length: number): number {
    return pseudo4(this.src.ip4, this.dst.ip4, this.protocol, length);
  }

  /** RFC 791 3.2: pieces of a multiple of eight bytes; one piece when it fits. */
  protected override pieces(head: Uint8Array, b: Uint8Array, at: number, end: number): boolean {
    const { cable, network } = this.parts;
    const room = network.mtu - Ipv4.HEADER;
    const total = HEAD + end - at;
    const unit = total <= room ? total : room & ~7;
    const id = this.#nextIdentification();
    for (let offset = 0; offset < total; offset += unit) {
      const size = Math.min(unit, total - offset);
      const more = offset + size < total ? Ipv4.Fragment.MF : 0;
      const frame = cable.reserve(HEADERS + size);
      if (frame < 0) return false;
      this.#put(cable.slab, frame, size, id, more | (offset >>> 3));
      const own = offset === 0 ? HEAD : 0;
      if (own > 0) cable.slab.set(head, frame + HEADERS);
      const from = at + offset - HEAD + own;
      cable.commit(HEADERS + own, b, from, from + size - own, null);
    }
    return true;
  }

  #put(b: Uint8Array, at: number, length: number, id: number, fragment: number): void {
    const { neighbours, station } = this.parts;
    const { src, dst, protocol, hops, tos } = this;
    Ether.emit(b, at, neighbours.macs, this.mac, station.macs, GATEWAY_MAC, Ether.Type.IP4);
    const ip = at + Ether.HEADER;
    Ipv4.emit(b, ip, Ipv4.HEADER + length, src.ip4, dst.ip4, protocol, hops, tos, id, fragment);
  }

  #nextIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }
}
