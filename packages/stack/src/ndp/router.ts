// Router advertisements, RFC 4861 6.2: the default route, the prefix that guests make their addresses of (RFC 4862), the MTU, and
// where names are found (RFC 8106). To everyone now and then, three times in the beginning, and when somebody asks who has no address.
// To who has one at once and alone: 6.2.6 delays answers so that those of several routers do not collide, and here is but one.
// At the end everyone hears that there is no router any more (6.2.5).
import { put8, put16, put32 } from '@reslirp/wire/bytes';
import * as Ether from '@reslirp/wire/ether';
import * as Icmp6 from '@reslirp/wire/icmp6';
import type { Neighbours } from '../arp/neighbours.ts';
import { Drop, type DropCounters } from '../drop.ts';
import { GATEWAY_MAC, type Station } from '../ether/station.ts';
import type { Network, Network6 } from '../network.ts';
import type { Packet } from '../packet.ts';
import { isUnspecified } from '../scope.ts';
import type { Advertised } from '../settings6.ts';
import { ALL_NODES, type Messages } from './messages.ts';

/** RFC 4861 6.2.1 and 10, milliseconds: Min and MaxRtrAdvInterval, the first few of them, and MAX_RA_DELAY_TIME. */
const INTERVAL = { least: 200_000, most: 600_000 } as const;
const FIRST_INTERVAL = 16_000;
const FIRST_ONES = 3;
const MIN_DELAY_BETWEEN = 3_000;
const MAX_ANSWER_DELAY = 500;
/** AdvDefaultLifetime, seconds: three times the interval. RFC 8106 5.1 wants the same for nameservers. */
const LIFETIME = 1_800;
/** AdvValidLifetime and AdvPreferredLifetime, seconds. */
const VALID = 86_400;
const PREFERRED = 14_400;
/** AdvCurHopLimit: RFC 1122 3.2.1.7's number. */
const HOPS = 64;
const MANAGED = 0x80;
const OTHER = 0x40;
/** Flags of a prefix: RFC 4861 4.6.2. */
const ON_LINK = 0x80;
const AUTONOMOUS = 0x40;
/** RFC 2464 4: interface identifiers of Ethernet have 64 bits, and so has the prefix before them. */
const AUTONOMOUS_BITS = 64;
/** Reachable time and retransmission timer: not specified. */
const TIMERS = 8;

export interface RouterParts {
  readonly network: Network;
  readonly v6: Network6;
  readonly station: Station;
  readonly neighbours: Neighbours;
  readonly messages: Messages;
  readonly drops: DropCounters;
  readonly random: () => number;
  readonly advertised: Advertised;
  /** Somebody answers at the nameserver's address. */
  readonly hasNameserver: boolean;
  /** Guests may go beyond it. */
  readonly isRouter: boolean;
}

export class Router {
  readonly #parts: RouterParts;
  readonly #body: Uint8Array;
  #nextAt: number = 0;
  #said: number = 0;
  #saidAt: number = -Infinity;

  constructor(parts: RouterParts) {
    this.#parts = parts;
    this.#body = bodyOf(parts);
  }

  /** A router solicitation, RFC 4861 6.1.1 and 6.2.6. */
  solicited(p: Packet, now: number): Drop {
    const { neighbours, drops, messages, v6 } = this.#parts;
    const isSound = p.hops === Icmp6.NEIGHBOUR_HOPS && Icmp6.checkNeighbour(p.b, p.at, p.end) === Icmp6.Malformed.NO;
    const link = isSound ? Icmp6.option(p.b, p.at, p.end, Icmp6.Option.SOURCE_LINK) : -1;
    const isAnonymous = isUnspecified(p.from);
    if (!isSound || (isAnonymous && link >= 0)) return drops.count(Drop.NDP_MALFORMED);
    if (isAnonymous) {
      this.#askedByAll(now);
      return Drop.NO;
    }
    if (link >= 0) neighbours.learn(p.from, p.b, link + 2, now);
    const type = Icmp6.Type.ROUTER_ADVERTISEMENT;
    messages.to(p.b, p.frame + Ether.SRC, v6.linkGateway, p.from, type, this.#rest(LIFETIME), this.#body);
    return Drop.NO;
  }

  /** RFC 4861 6.2.6: after a while of chance, and not too soon after the last one. One that comes earlier anyway will do. */
  #askedByAll(now: number): void {
    const earliest = Math.max(now, this.#saidAt + MIN_DELAY_BETWEEN);
    this.#nextAt = Math.min(this.#nextAt, earliest + this.#parts.random() * MAX_ANSWER_DELAY);
  }

  poll(now: number): void {
    if (now < this.#nextAt) return;
    this.#toAll(now);
    const interval = INTERVAL.least + this.#parts.random() * (INTERVAL.most - INTERVAL.least);
    this.#nextAt = now + (++this.#said < FIRST_ONES ? FIRST_INTERVAL : interval);
  }

  deadline(): number {
    return this.#nextAt;
  }

  /** The last word. */
  close(): void {
    if (this.#said === 0) return;
    const { messages, v6 } = this.#parts;
    messages.toGroup(v6.linkGateway, ALL_NODES, Icmp6.Type.ROUTER_ADVERTISEMENT, this.#rest(0), this.#body);
  }

  #toAll(now: number): void {
    const { messages, v6 } = this.#parts;
    this.#saidAt = now;
    messages.toGroup(v6.linkGateway, ALL_NODES, Icmp6.Type.ROUTER_ADVERTISEMENT, this.#rest(LIFETIME), this.#body);
  }

  /** RFC 4861 4.2: hop limit, flags, and how long this is a router. */
  #rest(lifetime: number): number {
    const { managed, other } = this.#parts.advertised;
    const flags = (managed ? MANAGED : 0) | (other ? OTHER : 0);
    return (HOPS << 24) | (flags << 16) | (this.#parts.isRouter ? lifetime : 0);
  }
}

/** All that follows the header. It never changes. */
function bodyOf(parts: RouterParts): Uint8Array {
  const { advertised, hasNameserver } = parts;
  const options = [linkOption(parts), mtuOption(parts), prefixOption(parts)];
  if (advertised.nameserver && hasNameserver) options.push(nameserverOption(parts));
  if (advertised.searchList.length > 0) options.push(searchOption(advertised.searchList));
  return Uint8Array.from([...new Uint8Array(TIMERS), ...options.flatMap((option) => [...option])]);
}

/** An option of `size` bytes, a multiple of eight. */
function option(kind: number, size: number): Uint8Array {
  const b = new Uint8Array(size);
  put8(b, 0, kind);
  put8(b, 1, size / 8);
  return b;
}

function linkOption({ station }: RouterParts): Uint8Array {
  const b = option(Icmp6.Option.SOURCE_LINK, 8);
  Ether.copyMac(b, 2, station.macs, GATEWAY_MAC);
  return b;
}

function mtuOption({ network }: RouterParts): Uint8Array {
  const b = option(Icmp6.Option.MTU, 8);
  put32(b, 4, network.mtu);
  return b;
}

function prefixOption({ v6 }: RouterParts): Uint8Array {
  const b = option(Icmp6.Option.PREFIX, 32);
  put8(b, 2, v6.bits);
  put8(b, 3, ON_LINK | (v6.bits === AUTONOMOUS_BITS ? AUTONOMOUS : 0));
  put32(b, 4, VALID);
  put32(b, 8, PREFERRED);
  v6.prefix.put6(b, 16);
  return b;
}

/** RFC 8106 5.1. */
function nameserverOption({ v6 }: RouterParts): Uint8Array {
  const b = option(Icmp6.Option.RDNSS, 24);
  put32(b, 4, LIFETIME);
  v6.nameserver.put6(b, 8);
  return b;
}

/** RFC 8106 5.2. */
function searchOption(list: Uint8Array): Uint8Array {
  const b = option(Icmp6.Option.DNSSL, 8 + Math.ceil(list.length / 8) * 8);
  put16(b, 2, 0);
  put32(b, 4, LIFETIME);
  b.set(list, 8);
  return b;
}
