// Packets to the guest, as both IP versions send them: headers go straight into the link's slab, payloads are lent.
//
//   begin() … commit()       one transport packet of TCP
//   datagram(), packet()     UDP, ICMP: cut into fragments where the MTU asks for it
//   train()                  many datagrams at once, for a link that cuts them
//
// What differs is in Ip4Output and Ip6Output: the header, the pseudo header, the fragments, and who knows the guest's MAC.
import { Cut, type Link, type Unfinished } from '@reslirp/link';
import { put16 } from '@reslirp/wire/bytes';
import { finish, fold, sum } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import { Protocol } from '@reslirp/wire/ipv4';
import * as Udp from '@reslirp/wire/udp';
import type { Neighbours } from '../arp/neighbours.ts';
import { Drop, type DropCounters } from '../drop.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Cable } from '../ether/cable.ts';
import type { Station } from '../ether/station.ts';
import { NONE } from '../key-table.ts';
import type { Network } from '../network.ts';
import { FULL, type IpOutput, UNRESOLVED } from './output.ts';
import { Waiting } from './waiting.ts';

/** Bytes of the transport headers that packet() sends: UDP's and ICMP's. */
export const HEAD = 8;

export interface PacketOutputParts {
  readonly network: Network;
  readonly station: Station;
  readonly neighbours: Neighbours;
  readonly cable: Cable;
  readonly link: Link;
  readonly drops: DropCounters;
}

export abstract class PacketOutput implements IpOutput {
  protected readonly parts: PacketOutputParts;
  // The packet at hand: to whom, and how. Lent until it is committed.
  protected src: Endpoint;
  protected dst: Endpoint;
  protected mac: number = NONE;
  protected protocol: number = 0;
  protected hops: number = 0;
  protected tos: number = 0;
  /** Where its transport header lies, and its unfolded pseudo-header sum. */
  protected at: number = 0;
  protected sumOfPseudo: number = 0;
  /** Bytes of the Ethernet and the IP header. */
  readonly #headers: number;
  readonly #header: number;
  /** Of UDP, in one datagram. */
  readonly #mostPayload: number;
  readonly #unfinished: Unfinished;
  readonly #waiting: Waiting = new Waiting();
  readonly #head: Uint8Array = new Uint8Array(HEAD);

  /** `header`: bytes of the IP header; `most`: those of the largest payload of IP. `nobody`: anything. */
  constructor(parts: PacketOutputParts, header: number, most: number, nobody: Endpoint) {
    this.parts = parts;
    this.src = nobody;
    this.dst = nobody;
    this.#header = header;
    this.#headers = Ether.HEADER + header;
    this.#mostPayload = most - Udp.HEADER;
    this.#unfinished = { sumFrom: this.#headers, sumField: 0, cut: Cut.NO, mss: 0 };
  }

  /** Offset of the guest's MAC in Neighbours.macs, or NONE: then the cable has been asked. */
  protected abstract resolve(to: Endpoint): number;
  /** Writes the Ethernet and the IP header of a packet with `length` bytes of payload at b[at]; `cuttable`: by routers. */
  protected abstract putHeaders(b: Uint8Array, at: number, length: number, cuttable: boolean): void;
  /** Unfolded, for the packet at hand with `length` bytes of payload. */
  protected abstract pseudoOf(length: number): number;
  /** Sends `head` and what is lent in as many pieces as it takes, all sums made. False when the link is full. */
  protected abstract pieces(head: Uint8Array, b: Uint8Array, at: number, end: number): boolean;

  limit(_to: Endpoint): number {
    return this.parts.network.mtu - this.#header;
  }

  reachable(to: Endpoint): boolean {
    return this.resolve(to) !== NONE;
  }

  slab(): Uint8Array {
    return this.parts.cable.slab;
  }

  pseudo(): number {
    return this.sumOfPseudo;
  }

  begin(from: Endpoint, to: Endpoint, protocol: number, length: number, hops: number): number {
    if (!this.#address(this.resolve(to), from, to, protocol, hops, 0)) return UNRESOLVED;
    return this.#open(length);
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
    const { cable, link } = this.parts;
    const unfinished = link.offload.checksum || cut !== Cut.NO ? this.#unfinished : null;
    const field = this.at + sumField;
    if (unfinished !== null) {
      unfinished.sumField = sumField;
      unfinished.cut = cut;
      unfinished.mss = mss;
      put16(cable.slab, field, fold(this.sumOfPseudo));
    } else {
      put16(cable.slab, field, 0);
      put16(cable.slab, field, this.#sum(cable.slab, this.at, this.at + header, lent, from, to));
    }
    cable.commit(this.#headers + header, lent, from, to, unfinished);
  }

  datagram(from: Endpoint, to: Endpoint, hops: number, b: Uint8Array, at: number, end: number, now: number): boolean {
    if (!this.#address(this.resolve(to), from, to, Protocol.UDP, hops, 0)) {
      const lost = this.#waiting.keep(from, to, hops, b.subarray(at, end), now);
      for (let i = 0; i < lost; i++) this.#unresolved();
      return true;
    }
    return this.#datagram(from.port, to.port, b, at, end);
  }

  /** As TrainOutput.train(). */
  train(from: Endpoint, to: Endpoint, hops: number, b: Uint8Array, end: number, size: number): boolean {
    if (!this.#address(this.resolve(to), from, to, Protocol.UDP, hops, 0)) return false;
    const length = Udp.HEADER + end;
    const udp = this.#open(length);
    if (udp === FULL) return false;
    Udp.emit(this.slab(), udp, from.port, to.port, length, 0);
    this.commit(Udp.HEADER, Udp.SUM, b, 0, end, Cut.UDP, size);
    return true;
  }

  /** `address` is known now: what has been waiting for it leaves. */
  resolved(address: Endpoint, now: number): void {
    for (const { from, to, hops, payload } of this.#waiting.release(address, now)) {
      this.datagram(from, to, hops, payload, 0, payload.length, now);
    }
  }

  /** A datagram for `mac`, whatever the neighbours say: for guests that have no address yet. */
  datagramAt(
    mac: Uint8Array,
    from: Endpoint,
    to: Endpoint,
    hops: number,
    b: Uint8Array,
    at: number,
    end: number,
  ): boolean {
    const { macs, spare } = this.parts.neighbours;
    Ether.copyMac(macs, spare, mac, 0);
    this.#address(spare, from, to, Protocol.UDP, hops, 0);
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
    if (!this.#address(this.resolve(to), from, to, protocol, hops, tos)) return this.#unresolved();
    return this.pieces(head, b, at, end) || this.#full();
  }

  #datagram(srcPort: number, dstPort: number, b: Uint8Array, at: number, end: number): boolean {
    const length = Udp.HEADER + end - at;
    if (end - at > this.#mostPayload) return false;
    if (length <= this.parts.network.mtu - this.#header) {
      const udp = this.#open(length);
      if (udp === FULL) return this.#full();
      Udp.emit(this.slab(), udp, srcPort, dstPort, length, 0);
      this.commit(Udp.HEADER, Udp.SUM, b, at, end, Cut.NO, 0);
      return true;
    }
    // No link can complete a sum over several frames
    this.sumOfPseudo = this.pseudoOf(length);
    Udp.emit(this.#head, 0, srcPort, dstPort, length, 0);
    put16(this.#head, Udp.SUM, this.#sum(this.#head, 0, HEAD, b, at, end));
    return this.pieces(this.#head, b, at, end) || this.#full();
  }

  /** False when there is no MAC. */
  #address(mac: number, from: Endpoint, to: Endpoint, protocol: number, hops: number, tos: number): boolean {
    this.mac = mac;
    this.src = from;
    this.dst = to;
    this.protocol = protocol;
    this.hops = hops;
    this.tos = tos;
    return mac !== NONE;
  }

  /** Reserves the frame of a whole packet and writes both headers. The offset of what follows them, or FULL. */
  #open(length: number): number {
    const { cable } = this.parts;
    const at = cable.reserve(this.#headers + length);
    if (at < 0) return FULL;
    this.putHeaders(cable.slab, at, length, this.protocol !== Protocol.TCP);
    this.sumOfPseudo = this.pseudoOf(length);
    this.at = at + this.#headers;
    return this.at;
  }

  /** The finished checksum over the header in `b`, whose field is zero, and what is lent. */
  #sum(b: Uint8Array, at: number, end: number, lent: Uint8Array | null, from: number, to: number): number {
    const head = sum(b, at, end, this.sumOfPseudo);
    const all = lent === null ? head : sum(lent, from, to, head);
    return this.protocol === Protocol.UDP ? Udp.field(all) : finish(all);
  }

  #unresolved(): boolean {
    this.parts.drops.count(Drop.NEIGHBOUR_UNRESOLVED);
    return false;
  }

  #full(): boolean {
    this.parts.drops.count(Drop.LINK_FULL);
    return false;
  }
}
