// IPv6 packets from the guest, RFC 8200.
//
// Source        an address of the network, or a link-local one, which is for us only (RFC 4291 2.5.6). :: is taken of a guest that
//               has no address yet, for neighbour discovery.
// Destination   anything a router would carry, and our own addresses. Groups are heard by neighbour discovery and by services, and
//               datagrams to them go on (address-rules.ts).
// Hop limit     we are one hop: what is to go on and has no hop left ends here, and the guest hears of it, unless it was to a group.
// Extensions    are read as RFC 8200 4 asks whoever is at the end of the way, which we are: we answer for everybody out there.
//               ESP and AH lead nowhere. Fragments are put together, atomic ones (RFC 6946) taken as they are.
// Left out: RFC 7112's demand that the first fragment holds all headers: nothing is decided before the packet is whole.
import { u8 } from '@reslirp/wire/bytes';
import { pseudo6 } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ipv6 from '@reslirp/wire/ipv6';
import type { Neighbours } from '../arp/neighbours.ts';
import { Drop, type DropCounters } from '../drop.ts';
import type { Icmp6Errors } from '../icmp/errors6.ts';
import type { Network } from '../network.ts';
import { blankPacket, type Packet, type Transport } from '../packet.ts';
import { groupScope, isLinkLocal, isUnspecified, Scope, scope } from '../scope.ts';
import { Reassembly } from './reassembly.ts';
import type { ReassemblyRoom } from './reassembly-room.ts';

export interface Ip6Parts {
  readonly network: Network;
  readonly neighbours: Neighbours;
  readonly errors: Icmp6Errors;
  readonly drops: DropCounters;
  readonly random: () => number;
  readonly room: ReassemblyRoom;
  readonly icmp: Transport;
  readonly udp: Transport;
  readonly tcp: Transport;
}

/** RFC 8200 4.5 */
const REASSEMBLY_TIMEOUT = 60_000;
const MAX_PAYLOAD = 65_535;
/** RFC 4291 2.7 */
const LINK_SCOPE = 2;
/** Offset of the payload's length in the header, and of the offset in a fragment header: what a problem points at. */
const LENGTH = 4;
const OFFSET = 2;

export class Ip6Input {
  readonly reassembly: Reassembly;
  readonly #parts: Ip6Parts;
  readonly #packet: Packet = blankPacket();
  readonly #upper: Ipv6.Upper = Ipv6.blank();

  constructor(parts: Ip6Parts) {
    this.#parts = parts;
    const { errors, drops, random, room } = parts;
    this.reassembly = new Reassembly({
      errors,
      drops,
      random,
      room,
      timeout: REASSEMBLY_TIMEOUT,
      largest: MAX_PAYLOAD,
      putHeader,
    });
  }

  /** `at`: the IP header in the frame at `frame`; `end` may lie behind Ethernet padding. */
  input(b: Uint8Array, frame: number, at: number, end: number, trusted: boolean, now: number): Drop {
    const { drops, network } = this.#parts;
    if (Ipv6.check(b, at, end) !== Ipv6.Malformed.NO) return drops.count(Drop.IP6_MALFORMED);
    const p = this.#packet;
    p.from.set6(b, at + Ipv6.SRC, 0);
    p.to.set6(b, at + Ipv6.DST, 0);
    // RFC 4038 4.2: on a cable there are none, and within us they mean IPv4
    if (p.from.is4) return drops.count(Drop.IP6_SOURCE);
    if (p.to.is4) return drops.count(Drop.IP6_DESTINATION);
    const to = scope(network, p.to);
    const why = this.#source(b, frame, at, to, now) || this.#destination(b, frame, at, to, now);
    if (why !== Drop.NO) return drops.count(why);
    return this.#walk(b, frame, at, trusted, now);
  }

  #source(b: Uint8Array, frame: number, at: number, to: Scope, now: number): Drop {
    const { network, neighbours, errors } = this.#parts;
    const { from } = this.#packet;
    if (isUnspecified(from)) return to === Scope.BROADCAST || to === Scope.MULTICAST ? Drop.NO : Drop.IP6_SOURCE;
    if (scope(network, from) !== Scope.INSIDE) return Drop.IP6_SOURCE;
    neighbours.hear(from, b, frame + Ether.SRC, now);
    if (to !== Scope.OUTSIDE || !isLinkLocal(from)) return Drop.NO;
    errors.beyondScope(b, at, Ipv6.end(b, at), now);
    return Drop.IP6_SOURCE;
  }

  #destination(b: Uint8Array, frame: number, at: number, to: Scope, now: number): Drop {
    if (to === Scope.MARTIAN) return Drop.IP6_DESTINATION;
    if (to === Scope.BROADCAST || to === Scope.MULTICAST) return Drop.NO;
    // RFC 1122 3.3.6: one host is meant, but everyone was told
    if (Ether.isGroup(b, frame + Ether.DST)) return Drop.IP6_DESTINATION;
    // RFC 8200 3; what is for ourselves is taken whatever its hop limit
    if ((to === Scope.OUTSIDE || to === Scope.INSIDE) && Ipv6.hopLimit(b, at) <= 1) {
      this.#parts.errors.hopsExceeded(b, at, Ipv6.end(b, at), now);
      return Drop.IP6_HOPS;
    }
    return Drop.NO;
  }

  #walk(b: Uint8Array, frame: number, at: number, trusted: boolean, now: number): Drop {
    const upper = this.#upper;
    const why = Ipv6.walk(b, at, upper);
    if (why !== Ipv6.Malformed.NO) return this.#misled(b, at, why, now);
    if (upper.fragment >= 0) return this.#fragment(b, frame, at, trusted, now);
    return this.#deliver(this.#fill(b, frame, at, trusted), now);
  }

  /** RFC 8200 4: what to say about extension headers that are not to be followed. */
  #misled(b: Uint8Array, at: number, why: Ipv6.Malformed, now: number): Drop {
    const { namedAt, protocol, problemAt } = this.#upper;
    const { FIELD, NEXT_HEADER, OPTION } = Icmp6.Problem;
    const toOne = this.#packet.to.w0 >>> 24 !== 0xff;
    if (why === Ipv6.Malformed.OPTION || (why === Ipv6.Malformed.OPTION_UNICAST && toOne)) {
      this.#problem(b, at, OPTION, problemAt, now);
    } else if (why === Ipv6.Malformed.ROUTING) this.#problem(b, at, FIELD, problemAt, now);
    else if (why === Ipv6.Malformed.EXTENSION && protocol === Ipv6.Next.HOP_BY_HOP && namedAt >= at + Ipv6.HEADER) {
      this.#problem(b, at, NEXT_HEADER, namedAt, now);
    }
    return this.#parts.drops.count(Drop.IP6_MALFORMED);
  }

  /** RFC 8200 4.5. Later, when the datagram is whole, that is what is delivered. */
  #fragment(b: Uint8Array, frame: number, at: number, trusted: boolean, now: number): Drop {
    const { reassembly } = this;
    const { fragment, at: data } = this.#upper;
    const { piece } = reassembly;
    piece.b = b;
    piece.frame = frame;
    piece.ip = at;
    piece.at = data;
    piece.end = Ipv6.end(b, at);
    piece.from = Ipv6.fragmentOffset(b, fragment);
    piece.last = !Ipv6.moreFragments(b, fragment);
    piece.trusted = trusted;
    const size = piece.end - data;
    if (!piece.last && size % 8 !== 0) this.#problem(b, at, Icmp6.Problem.FIELD, at + LENGTH, now);
    else if (piece.from + size > MAX_PAYLOAD) this.#problem(b, at, Icmp6.Problem.FIELD, fragment + OFFSET, now);
    this.#putKey(Ipv6.fragmentId(b, fragment));
    const why = reassembly.add(now);
    if (!reassembly.isWhole) return why;
    return this.#walk(reassembly.bytes, reassembly.frame, reassembly.ip, reassembly.trusted, now);
  }

  /** RFC 8200 4.5: source, destination and identification. */
  #putKey(id: number): void {
    const { key } = this.reassembly;
    const { from, to } = this.#packet;
    key[0] = from.w0;
    key[1] = from.w1;
    key[2] = from.w2;
    key[3] = from.w3;
    key[4] = to.w0;
    key[5] = to.w1;
    key[6] = to.w2;
    key[7] = to.w3;
    key[8] = id;
  }

  #fill(b: Uint8Array, frame: number, at: number, trusted: boolean): Packet {
    const p = this.#packet;
    const { protocol, at: data } = this.#upper;
    p.b = b;
    p.frame = frame;
    p.ip = at;
    p.at = data;
    p.end = Ipv6.end(b, at);
    p.protocol = protocol;
    p.hops = Ipv6.hopLimit(b, at);
    p.tos = Ipv6.trafficClass(b, at);
    p.trusted = trusted;
    p.from.port = 0;
    p.to.port = 0;
    p.pseudo = pseudo6(b, at + Ipv6.SRC, protocol, p.end - p.at);
    return p;
  }

  #deliver(p: Packet, now: number): Drop {
    const { icmp, udp, tcp, drops } = this.#parts;
    if (p.protocol === Ipv6.Next.ICMP6) return icmp.input(p, now);
    // RFC 4861 7.1: only neighbour discovery comes from nowhere
    if (isUnspecified(p.from)) return drops.count(Drop.IP6_SOURCE);
    const why = p.to.isGroup ? this.#toMany(p) : Drop.NO;
    if (why !== Drop.NO) return drops.count(why);
    if (p.protocol === Ipv6.Next.TCP) return tcp.input(p, now);
    if (p.protocol === Ipv6.Next.UDP) return udp.input(p, now);
    if (p.protocol !== Ipv6.Next.NONE) {
      this.#problem(p.b, p.ip, Icmp6.Problem.NEXT_HEADER, this.#upper.namedAt, now);
    }
    return drops.count(Drop.IP6_PROTOCOL);
  }

  /** Only datagrams are for all who hear them. Of a group they go on, as far as hops and scopes let them (RFC 4007 9). */
  #toMany({ protocol, from, to, hops }: Packet): Drop {
    if (protocol !== Ipv6.Next.UDP) return Drop.IP6_DESTINATION;
    if (scope(this.#parts.network, to) === Scope.BROADCAST) return Drop.NO;
    if (hops <= 1) return Drop.IP6_HOPS;
    return isLinkLocal(from) && groupScope(to) > LINK_SCOPE ? Drop.IP6_SOURCE : Drop.NO;
  }

  /** About what lies at `where`. */
  #problem(b: Uint8Array, at: number, code: number, where: number, now: number): void {
    this.#parts.errors.problem(b, at, Ipv6.end(b, at), code, where - at, now);
  }
}

/** RFC 8200 4.5: without the fragment header, whose first byte says what follows; other extensions have been read already. */
function putHeader(
  into: Uint8Array,
  at: number,
  first: Uint8Array,
  ip: number,
  payload: number,
  total: number,
): number {
  into.set(first.subarray(ip, ip + Ipv6.HEADER), at);
  const next = u8(first, payload - Ipv6.FRAGMENT_HEADER);
  Ipv6.emit(into, at, total, next, Ipv6.hopLimit(first, ip), Ipv6.trafficClass(first, ip), Ipv6.flowLabel(first, ip));
  return Ipv6.HEADER;
}
