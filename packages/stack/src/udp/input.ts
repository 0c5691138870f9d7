// Datagrams from the guest, RFC 768: to a service inside, or through the NAT to the host.
import { u16 } from '@reslirp/wire/bytes';
import * as Ether from '@reslirp/wire/ether';
import * as Udp from '@reslirp/wire/udp';
import { Drop, type DropCounters } from '../drop.ts';
import { Endpoint } from '../endpoint.ts';
import { Refusal } from '../host.ts';
import type { IpErrors } from '../ip/output.ts';
import type { Network } from '../network.ts';
import type { Packet } from '../packet.ts';
import { type Routes, Verdict } from '../routes.ts';
import { Scope, scope } from '../scope.ts';
import type { Query } from '../service.ts';
import type { ServicePorts } from '../service-ports.ts';
import type { Services } from '../services.ts';
import type { UdpForwards } from './forwards.ts';
import type { Nat } from './nat.ts';

const NO_ADDRESS = 0;

type Refused = Exclude<Verdict, typeof Verdict.HOST | typeof Verdict.SERVICE>;

/** How a verdict is said by ICMP. */
const REASONS: Readonly<Record<Exclude<Refused, typeof Verdict.IGNORE>, Refusal>> = {
  [Verdict.REFUSE]: Refusal.REFUSED,
  [Verdict.UNREACHABLE]: Refusal.NETWORK_UNREACHABLE,
  [Verdict.PROHIBIT]: Refusal.DENIED,
};

export interface UdpParts {
  readonly network: Network;
  readonly routes: Routes;
  readonly services: Services;
  readonly ports: ServicePorts;
  readonly nat: Nat;
  readonly forwards: UdpForwards;
  readonly errors: IpErrors;
  readonly drops: DropCounters;
}

export class UdpInput {
  readonly #parts: UdpParts;
  readonly #to: Endpoint = new Endpoint();
  readonly #query: Query = {
    b: new Uint8Array(0),
    at: 0,
    end: 0,
    mac: new Uint8Array(Ether.MAC),
    from: new Endpoint(),
    to: new Endpoint(),
  };

  constructor(parts: UdpParts) {
    this.#parts = parts;
  }

  /** The packet's ports are filled in here. */
  input(p: Packet, now: number): Drop {
    const { drops, routes, ports, nat, forwards } = this.#parts;
    if (Udp.check(p.b, p.at, p.end) !== Udp.Malformed.NO) return drops.count(Drop.UDP_MALFORMED);
    if (!p.trusted && !isIntact(p)) return drops.count(Drop.UDP_CHECKSUM);
    p.from.port = Udp.srcPort(p.b, p.at);
    p.to.port = Udp.dstPort(p.b, p.at);
    if (p.to.port === 0) return drops.count(Drop.UDP_MALFORMED);
    const at = p.at + Udp.HEADER;
    const end = Udp.end(p.b, p.at);
    const where = scope(this.#parts.network, p.to);
    const hops = hopsOf(p, where);
    if (forwards.answer(p, at, end, hops)) return Drop.NO;
    const holder = ports.find(p.from, p.to);
    if (holder !== null) {
      holder(this.#ask(p), now);
      return Drop.NO;
    }
    const verdict = routes.udp(p.to, this.#to);
    if (verdict === Verdict.SERVICE) return this.#serve(p, where, now);
    if (verdict !== Verdict.HOST) return this.#turnAway(p, where, verdict, now);
    // DHCP of a guest without an address, where no service is: nobody could answer
    if (p.from.is4 && p.from.ip4 === NO_ADDRESS) return drops.count(Drop.GROUP_UNHEARD);
    if (forwards.send(p, this.#to, at, end, hops)) return Drop.NO;
    return nat.send(p, at, end, this.#to, where === Scope.BROADCAST, hops, now);
  }

  #serve(p: Packet, where: Scope, now: number): Drop {
    this.#parts.services.find('udp', where, p.to)?.received?.(this.#ask(p), now);
    return Drop.NO;
  }

  #ask(p: Packet): Query {
    const q = this.#query;
    q.b = p.b;
    q.at = p.at + Udp.HEADER;
    q.end = Udp.end(p.b, p.at);
    Ether.copyMac(q.mac, 0, p.b, p.frame + Ether.SRC);
    q.from.set(p.from);
    q.to.set(p.to);
    return q;
  }

  #turnAway(p: Packet, where: Scope, verdict: Refused, now: number): Drop {
    const { errors, drops } = this.#parts;
    if (where === Scope.BROADCAST && verdict === Verdict.IGNORE) return drops.count(Drop.GROUP_UNHEARD);
    if (verdict === Verdict.IGNORE) return drops.count(p.to.is4 ? Drop.IP4_DESTINATION : Drop.IP6_DESTINATION);
    errors.unreachable(p.b, p.ip, p.end, REASONS[verdict], now);
    return drops.count(Drop.POLICY);
  }
}

/** RFC 1812 5.3.1: one hop less, unless the gateway itself is meant. IP has seen to it that one is left. */
function hopsOf({ hops }: Packet, where: Scope): number {
  return where === Scope.OUTSIDE || where === Scope.MULTICAST ? hops - 1 : Math.max(1, hops);
}

/** RFC 8200 8.1: over IPv6 there is no datagram without a checksum. */
function isIntact(p: Packet): boolean {
  return Udp.verify(p.b, p.at, pseudoOf(p)) && (p.from.is4 || u16(p.b, p.at + Udp.SUM) !== 0);
}

/** The sum covers UDP's own length, which may be less than what IP carries (RFC 768). */
function pseudoOf(p: Packet): number {
  return p.pseudo - (p.end - p.at) + Udp.length(p.b, p.at);
}
