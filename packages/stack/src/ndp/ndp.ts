// Neighbour discovery, RFC 4861: what ARP is to IPv4. Answers for the gateway and the nameserver, and finds guests.
//
// Learning       from solicitations and advertisements with a link-layer address, and from whatever comes from an address that
//                is not known yet.
// Asking         for a guest unknown, its solicited-node group, once a second (7.2.2).
// Unreachability a guest that has not been heard for 30 s is asked itself; after three questions without an answer it is
//                forgotten, and its group is asked (7.3). Whatever comes from its MAC counts as being heard: packets here come
//                by one cable, and no router is between.
// Conflict       who asks whether one of our addresses is free (RFC 4862 5.4) hears that it is not; who claims one is counted.
// Left out: redirects (there is no other way), and advertisements about ourselves that nobody asked for.
import * as Ether from '@reslirp/wire/ether';
import * as Icmp6 from '@reslirp/wire/icmp6';
import { ADDRESS } from '@reslirp/wire/ipv6';
import type { Neighbours } from '../arp/neighbours.ts';
import type { Clock } from '../clock.ts';
import { Drop, type DropCounters } from '../drop.ts';
import { Endpoint } from '../endpoint.ts';
import type { Claims } from '../ether/claims.ts';
import { Questions } from '../ether/questions.ts';
import { GATEWAY_MAC, NAMESERVER_MAC, type Station } from '../ether/station.ts';
import { NONE } from '../key-table.ts';
import type { Network, Network6 } from '../network.ts';
import type { Packet } from '../packet.ts';
import { isOwn, isUnspecified, Scope, scope } from '../scope.ts';
import { ALL_NODES, LINK_OPTION, type Messages, solicitedNode } from './messages.ts';

/** RFC 4861 10: REACHABLE_TIME and MAX_UNICAST_SOLICIT. */
const REACHABLE = 30_000;
const MOST_PROBES = 3;
const BODY = ADDRESS + LINK_OPTION;
/** Offset of the MAC in a link-layer option. */
const OPTION_MAC = 2;

export interface NdpParts {
  readonly network: Network;
  readonly v6: Network6;
  readonly station: Station;
  readonly neighbours: Neighbours;
  readonly messages: Messages;
  readonly drops: DropCounters;
  readonly clock: Clock;
  readonly claims: Claims;
  readonly random: () => number;
}

export class Ndp {
  readonly #parts: NdpParts;
  readonly #questions: Questions;
  readonly #target: Endpoint = new Endpoint();
  readonly #group: Endpoint = new Endpoint();
  /** Target and link-layer option of what is sent. */
  readonly #body: Uint8Array = new Uint8Array(BODY);

  constructor(parts: NdpParts) {
    this.#parts = parts;
    this.#questions = new Questions(parts.random);
  }

  /** Offset of the MAC for an address in Neighbours.macs; NONE when it is not known: the cable has been asked. */
  resolve(to: Endpoint): number {
    const { network, neighbours, clock } = this.#parts;
    if (scope(network, to) !== Scope.INSIDE) return NONE;
    const known = neighbours.find(to);
    if (known === NONE) this.#ask(to, NONE);
    else if (clock.now - neighbours.heardAt(known) > REACHABLE) this.#ask(to, known);
    return known;
  }

  /** A neighbour solicitation, RFC 4861 7.1.1 and 7.2.3. */
  solicited(p: Packet): Drop {
    const { network, drops, claims } = this.#parts;
    const link = this.#check(p, Icmp6.Option.SOURCE_LINK);
    if (link === null) return drops.count(Drop.NDP_MALFORMED);
    const isProbe = isUnspecified(p.from);
    if (isProbe && (link >= 0 || !this.#isSolicitedGroup(p.to))) return drops.count(Drop.NDP_MALFORMED);
    if (!isProbe && link >= 0) this.#learn(p.from, p.b, link);
    const where = scope(network, this.#target);
    if (!isOwn(where) && !claims.has(this.#target)) return Drop.NO;
    this.#advertise(where, isProbe, p);
    return isProbe ? drops.count(Drop.NDP_CONFLICT) : Drop.NO;
  }

  /** A neighbour advertisement, RFC 4861 7.1.2 and 7.2.5. */
  advertised(p: Packet): Drop {
    const { network, neighbours, drops } = this.#parts;
    const link = this.#check(p, Icmp6.Option.TARGET_LINK);
    const flags = Icmp6.rest(p.b, p.at);
    const toGroup = p.to.w0 >>> 24 === 0xff;
    if (link === null || (toGroup && (flags & Icmp6.Advertised.SOLICITED) !== 0)) {
      return drops.count(Drop.NDP_MALFORMED);
    }
    const where = scope(network, this.#target);
    if (isOwn(where)) return drops.count(Drop.NDP_CONFLICT);
    if (where !== Scope.INSIDE) return Drop.NO;
    const known = neighbours.find(this.#target);
    const isOther = known !== NONE && link >= 0 && !neighbours.isAt(known, p.b, link);
    const mayOverride = (flags & Icmp6.Advertised.OVERRIDE) !== 0;
    if (known === NONE && !this.#questions.answered(this.#target)) return Drop.NO;
    if (link >= 0 && (!isOther || mayOverride)) this.#learn(this.#target, p.b, link);
    return Drop.NO;
  }

  /** The neighbour's own address for itself, from a message that says it at `link`. */
  #learn(address: Endpoint, b: Uint8Array, link: number): void {
    const { network, station, neighbours, clock } = this.#parts;
    if (scope(network, address) !== Scope.INSIDE || station.owns(b, link)) return;
    this.#questions.answered(address);
    neighbours.learn(address, b, link, clock.now);
  }

  /** What RFC 4861 7.1 asks of both messages; #target is filled. Offset of the MAC in option `kind`, −1 without; null: not valid. */
  #check(p: Packet, kind: number): number | null {
    if (p.hops !== Icmp6.NEIGHBOUR_HOPS) return null;
    if (Icmp6.checkNeighbour(p.b, p.at, p.end) !== Icmp6.Malformed.NO) return null;
    this.#target.set6(p.b, p.at + Icmp6.TARGET, 0);
    if (this.#target.w0 >>> 24 === 0xff) return null;
    const option = Icmp6.option(p.b, p.at, p.end, kind);
    return option < 0 ? -1 : option + OPTION_MAC;
  }

  #isSolicitedGroup(to: Endpoint): boolean {
    return to.sameAddress(solicitedNode(this.#target, this.#group));
  }

  /** As `where`, one of ours; to everyone when it was a question whether the address is free. */
  #advertise(where: Scope, toAll: boolean, p: Packet): void {
    const { messages } = this.#parts;
    const { ROUTER, SOLICITED, OVERRIDE } = Icmp6.Advertised;
    const isGateway = where === Scope.GATEWAY;
    const flags = (isGateway ? ROUTER : 0) | (toAll ? 0 : SOLICITED) | OVERRIDE;
    const body = this.#say(
      this.#target,
      Icmp6.Option.TARGET_LINK,
      where === Scope.NAMESERVER ? NAMESERVER_MAC : GATEWAY_MAC,
    );
    const type = Icmp6.Type.NEIGHBOUR_ADVERTISEMENT;
    if (toAll) messages.toGroup(this.#target, ALL_NODES, type, flags, body);
    else messages.to(p.b, p.frame + Ether.SRC, this.#target, p.from, type, flags, body);
  }

  /** `known`: where its MAC is, and nobody answers there; NONE when it has none. */
  #ask(to: Endpoint, known: number): void {
    const { v6, neighbours, messages, clock } = this.#parts;
    const times = this.#questions.ask(to, clock.now);
    if (times === 0) return;
    const type = Icmp6.Type.NEIGHBOUR_SOLICITATION;
    const body = this.#say(to, Icmp6.Option.SOURCE_LINK, GATEWAY_MAC);
    if (known !== NONE && times <= MOST_PROBES) {
      messages.to(neighbours.macs, known, v6.linkGateway, to, type, 0, body);
      return;
    }
    if (known !== NONE) neighbours.forget(to);
    messages.toGroup(v6.linkGateway, solicitedNode(to, this.#group), type, 0, body);
  }

  #say(target: Endpoint, kind: number, mac: number): Uint8Array {
    const b = this.#body;
    target.put6(b, 0);
    b[ADDRESS] = kind;
    b[ADDRESS + 1] = 1;
    Ether.copyMac(b, ADDRESS + OPTION_MAC, this.#parts.station.macs, mac);
    return b;
  }
}
