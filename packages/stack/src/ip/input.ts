// IPv4 packets from the guest: RFC 791, with the checks that RFC 1122 3.2.1 and RFC 1812 5.2 ask of a host and a router.
//
// Source        a guest's address inside the network. 0.0.0.0 is taken from one that has no address yet and shouts: DHCP.
// Destination   anything a router would carry, our own addresses, and those of everybody and of groups, to which only datagrams
//               are sent (address-rules.ts). Nobody here has joined a group.
// TTL           we are one hop: what is to go on and has no hop left ends here, and the guest hears of it, unless it was to a group.
// Options       are stepped over and not followed: no record of the route, and source routes lead nowhere (RFC 1812 5.3.13).
import { pseudo4 } from '@reslirp/wire/checksum';
import * as Ether from '@reslirp/wire/ether';
import * as Ipv4 from '@reslirp/wire/ipv4';
import type { Neighbours } from '../arp/neighbours.ts';
import { Drop, type DropCounters } from '../drop.ts';
import type { Icmp4Errors } from '../icmp/errors.ts';
import type { Network } from '../network.ts';
import { blankPacket, type Packet, type Transport } from '../packet.ts';
import { Scope, scope4 } from '../scope.ts';
import { Reassembly } from './reassembly.ts';
import type { ReassemblyRoom } from './reassembly-room.ts';

export interface Ip4Parts {
  readonly network: Network;
  readonly neighbours: Neighbours;
  readonly errors: Icmp4Errors;
  readonly drops: DropCounters;
  readonly random: () => number;
  readonly room: ReassemblyRoom;
  readonly icmp: Transport;
  readonly udp: Transport;
  readonly tcp: Transport;
}

const NO_ADDRESS = 0;
/** As libslirp. */
const REASSEMBLY_TIMEOUT = 30_000;
/** RFC 791 3.1 */
const MAX_PAYLOAD = 65_535 - Ipv4.HEADER;

export class Ip4Input {
  readonly reassembly: Reassembly;
  readonly #parts: Ip4Parts;
  readonly #packet: Packet = blankPacket();

  constructor(parts: Ip4Parts) {
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
    const malformed = Ipv4.check(b, at, end);
    if (malformed !== Ipv4.Malformed.NO) {
      return drops.count(malformed === Ipv4.Malformed.CHECKSUM ? Drop.IP4_CHECKSUM : Drop.IP4_MALFORMED);
    }
    const to = scope4(network, Ipv4.dst(b, at));
    const why = this.#source(b, frame, at, to, now) || this.#destination(b, frame, at, to, now);
    if (why !== Drop.NO) return drops.count(why);
    if (Ipv4.isFragment(b, at)) return this.#fragment(b, frame, at, trusted, now);
    return this.#deliver(this.#fill(b, frame, at, trusted), now);
  }

  #source(b: Uint8Array, frame: number, at: number, to: Scope, now: number): Drop {
    const { network, neighbours } = this.#parts;
    const ip = Ipv4.src(b, at);
    if (ip === NO_ADDRESS) {
      return to === Scope.BROADCAST && Ipv4.protocol(b, at) === Ipv4.Protocol.UDP ? Drop.NO : Drop.IP4_SOURCE;
    }
    if (scope4(network, ip) !== Scope.INSIDE) return Drop.IP4_SOURCE;
    neighbours.hear(this.#packet.from.set4(ip, 0), b, frame + Ether.SRC, now);
    return Drop.NO;
  }

  #destination(b: Uint8Array, frame: number, at: number, to: Scope, now: number): Drop {
    if (to === Scope.MARTIAN) return Drop.IP4_DESTINATION;
    if (to === Scope.BROADCAST || to === Scope.MULTICAST) return toMany(b, at, to);
    // RFC 1122 3.3.6: one host is meant, but everyone was told
    if (Ether.isGroup(b, frame + Ether.DST)) return Drop.IP4_DESTINATION;
    // RFC 1812 5.3.1; what is for ourselves is taken whatever its TTL (RFC 1122 3.2.1.7)
    if ((to === Scope.OUTSIDE || to === Scope.INSIDE) && Ipv4.ttl(b, at) <= 1) {
      this.#parts.errors.hopsExceeded(b, at, Ipv4.end(b, at), now);
      return Drop.IP4_HOPS;
    }
    return Drop.NO;
  }

  /** Later, when the datagram is whole, that is what is delivered. */
  #fragment(b: Uint8Array, frame: number, at: number, trusted: boolean, now: number): Drop {
    const { reassembly } = this;
    putKey(reassembly.key, b, at);
    const piece = reassembly.piece;
    piece.b = b;
    piece.frame = frame;
    piece.ip = at;
    piece.at = at + Ipv4.headerLength(b, at);
    piece.end = Ipv4.end(b, at);
    piece.from = Ipv4.fragmentOffset(b, at);
    piece.last = !Ipv4.moreFragments(b, at);
    piece.trusted = trusted;
    const why = reassembly.add(now);
    if (!reassembly.isWhole) return why;
    const { bytes, frame: whole, ip, trusted: all } = reassembly;
    return this.#deliver(this.#fill(bytes, whole, ip, all), now);
  }

  #fill(b: Uint8Array, frame: number, at: number, trusted: boolean): Packet {
    const p = this.#packet;
    p.b = b;
    p.frame = frame;
    p.ip = at;
    p.at = at + Ipv4.headerLength(b, at);
    p.end = Ipv4.end(b, at);
    p.protocol = Ipv4.protocol(b, at);
    p.hops = Ipv4.ttl(b, at);
    p.tos = Ipv4.tos(b, at);
    p.trusted = trusted;
    p.from.set4(Ipv4.src(b, at), 0);
    p.to.set4(Ipv4.dst(b, at), 0);
    p.pseudo = pseudo4(p.from.ip4, p.to.ip4, p.protocol, p.end - p.at);
    return p;
  }

  #deliver(p: Packet, now: number): Drop {
    const { icmp, udp, tcp, errors, drops } = this.#parts;
    if (p.protocol === Ipv4.Protocol.TCP) return tcp.input(p, now);
    if (p.protocol === Ipv4.Protocol.UDP) return udp.input(p, now);
    if (p.protocol === Ipv4.Protocol.ICMP) return icmp.input(p, now);
    errors.protocolUnreachable(p.b, p.ip, p.end, now);
    return drops.count(Drop.IP4_PROTOCOL);
  }
}

/** RFC 1122 4.2.3.10 and 3.2.2.6: of what many hear, only datagrams are answered. And no error is said of it (3.2.2). */
function toMany(b: Uint8Array, at: number, to: Scope): Drop {
  const protocol = Ipv4.protocol(b, at);
  if (protocol === Ipv4.Protocol.IGMP) return Drop.GROUP_MEMBERSHIP;
  if (protocol !== Ipv4.Protocol.UDP) return Drop.IP4_DESTINATION;
  return to === Scope.MULTICAST && Ipv4.ttl(b, at) <= 1 ? Drop.IP4_HOPS : Drop.NO;
}

/** RFC 791 3.2: source, destination, protocol and identification. */
function putKey(key: Int32Array, b: Uint8Array, at: number): void {
  key[0] = Ipv4.src(b, at);
  key[1] = Ipv4.dst(b, at);
  key[2] = (Ipv4.protocol(b, at) << 16) | Ipv4.id(b, at);
}

/** Without options: nobody reads them any more. */
function putHeader(
  into: Uint8Array,
  at: number,
  first: Uint8Array,
  ip: number,
  _payload: number,
  total: number,
): number {
  const { src, dst, protocol, ttl, tos, id } = Ipv4;
  const length = Ipv4.HEADER + total;
  const source = src(first, ip);
  Ipv4.emit(
    into,
    at,
    length,
    source,
    dst(first, ip),
    protocol(first, ip),
    ttl(first, ip),
    tos(first, ip),
    id(first, ip),
    0,
  );
  return Ipv4.HEADER;
}
