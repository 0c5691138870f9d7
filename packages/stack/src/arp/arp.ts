// ARP, RFC 826: answers for the gateway and the nameserver, and learns where the guests are.
//
// Learning      from every packet with a sender inside the network, gratuitous ones too (RFC 5227 3); the guests are behind
//               one cable and no router, so whoever speaks as an address is that address. Our own two are never learned.
// Conflict      a guest that speaks as one of ours is counted and, within reason, told whose it is (RFC 5227 2.4 (c)).
// Asking        for a guest unknown, once a second (RFC 1122 2.3.2.1). The packet is dropped meanwhile: guests are nearly
//               always known, because they speak first.
// Doubt         a guest in use that has not been heard for 60 s is asked itself (RFC 1122 2.3.2.1 (2)), and after three questions
//               without an answer everyone is. Packets go on to where it was last: a MAC that was learned wrongly, or that has
//               gone, misleads for no longer, and whoever is only silent loses nothing.
// Left out: proxy ARP, probing our own addresses before use: the network is ours by configuration.
import * as ArpPacket from '@reslirp/wire/arp';
import * as Ether from '@reslirp/wire/ether';
import type { Clock } from '../clock.ts';
import { Drop, type DropCounters } from '../drop.ts';
import { Endpoint } from '../endpoint.ts';
import type { Cable } from '../ether/cable.ts';
import type { Claims } from '../ether/claims.ts';
import { Questions } from '../ether/questions.ts';
import { GATEWAY_MAC, NAMESERVER_MAC, type Station } from '../ether/station.ts';
import { NONE } from '../key-table.ts';
import type { Network } from '../network.ts';
import { isOwn, Scope, scope4 } from '../scope.ts';
import type { Neighbours } from './neighbours.ts';

/** RFC 5227 2.4: DEFEND_INTERVAL. */
const DEFEND_INTERVAL = 10_000;
/** As in RFC 1122 2.3.2.1: a timeout on the order of a minute. */
const DOUBTFUL = 60_000;
/** Questions to the guest itself before everyone is asked. */
const MOST_UNICAST = 3;
const NOBODY = new Uint8Array(Ether.MAC);
const EVERYONE = new Uint8Array(Ether.MAC).fill(0xff);

export interface ArpParts {
  readonly network: Network;
  readonly station: Station;
  readonly neighbours: Neighbours;
  readonly cable: Cable;
  readonly drops: DropCounters;
  readonly clock: Clock;
  readonly claims: Claims;
  readonly random: () => number;
}

export class Arp {
  readonly #parts: ArpParts;
  readonly #sender: Endpoint = new Endpoint();
  readonly #questions: Questions;
  #defendedAt: number = -Infinity;

  constructor(parts: ArpParts) {
    this.#parts = parts;
    this.#questions = new Questions(parts.random);
  }

  /** `at`: the ARP packet in the frame at `frame`. */
  input(b: Uint8Array, frame: number, at: number, end: number, now: number): Drop {
    const { network, drops, station } = this.#parts;
    if (ArpPacket.check(b, at, end) !== ArpPacket.Malformed.NO) return drops.count(Drop.ARP_MALFORMED);
    const sha = at + ArpPacket.SHA;
    if (Ether.isGroup(b, sha) || station.owns(b, sha)) return drops.count(Drop.ARP_MALFORMED);
    const sender = ArpPacket.spa(b, at);
    const scope = scope4(network, sender);
    if (isOwn(scope)) return this.#defend(scope, now);
    if (scope === Scope.INSIDE && !this.#isClaimed(sender)) this.#learn(sender, b, sha, now);
    return ArpPacket.op(b, at) === ArpPacket.Op.REQUEST ? this.#answer(b, frame, at) : Drop.NO;
  }

  #learn(sender: number, b: Uint8Array, sha: number, now: number): void {
    this.#sender.set4(sender, 0);
    this.#questions.answered(this.#sender);
    this.#parts.neighbours.learn(this.#sender, b, sha, now);
  }

  /** Offset of the MAC for an IPv4 address in Neighbours.macs; NONE when it is not known: the cable has been asked. */
  resolve(to: Endpoint): number {
    const { network, neighbours, clock } = this.#parts;
    const scope = scope4(network, to.ip4);
    if (scope === Scope.BROADCAST) return neighbours.everyone;
    if (scope !== Scope.INSIDE) return NONE;
    const known = neighbours.find(to);
    if (known === NONE) {
      if (this.#questions.ask(to, clock.now) > 0) this.#ask(to.ip4, EVERYONE, 0);
    } else if (clock.now - neighbours.heardAt(known) > DOUBTFUL) this.#doubt(to, known);
    return known;
  }

  /** Asks for a guest, known or not: whoever answers is learned. */
  probe(ip: number): void {
    this.#ask(ip, EVERYONE, 0);
  }

  /** Asks again for a guest whose MAC is at `known`. */
  #doubt(to: Endpoint, known: number): void {
    const { neighbours, clock } = this.#parts;
    const times = this.#questions.ask(to, clock.now);
    if (times === 0) return;
    if (times <= MOST_UNICAST) this.#ask(to.ip4, neighbours.macs, known);
    else this.#ask(to.ip4, EVERYONE, 0);
  }

  #isClaimed(ip: number): boolean {
    return this.#parts.claims.has(this.#sender.set4(ip, 0));
  }

  /** A probe (RFC 5227 2.1.1) has no sender address, and is answered like any other request. */
  #answer(b: Uint8Array, frame: number, at: number): Drop {
    const target = ArpPacket.tpa(b, at);
    const scope = scope4(this.#parts.network, target);
    if (!isOwn(scope) && !this.#isClaimed(target)) return Drop.NO;
    const mac = b.subarray(frame + Ether.SRC, frame + Ether.SRC + Ether.MAC);
    const tha = b.subarray(at + ArpPacket.SHA, at + ArpPacket.SHA + Ether.MAC);
    return this.#send(ArpPacket.Op.REPLY, mac, scope, target, tha, ArpPacket.spa(b, at));
  }

  /** An announcement to everyone, RFC 5227 2.3: sender and target are the address itself. */
  #defend(scope: Scope, now: number): Drop {
    const { drops, network } = this.#parts;
    if (now - this.#defendedAt >= DEFEND_INTERVAL) {
      this.#defendedAt = now;
      const ip = scope === Scope.GATEWAY ? network.gateway4 : network.nameserver4;
      this.#send(ArpPacket.Op.REQUEST, EVERYONE, scope, ip, NOBODY, ip);
    }
    return drops.count(Drop.ARP_CONFLICT);
  }

  /** The question goes to the MAC at mac[at]. */
  #ask(ip: number, mac: Uint8Array, at: number): void {
    const { network } = this.#parts;
    this.#send(ArpPacket.Op.REQUEST, mac.subarray(at, at + Ether.MAC), Scope.GATEWAY, network.gateway4, NOBODY, ip);
  }

  /** As `scope`, one of ours or one that leads to us, whose address is `source`. */
  #send(op: number, mac: Uint8Array, scope: Scope, source: number, tha: Uint8Array, target: number): Drop {
    const { cable, station, drops } = this.#parts;
    const at = cable.reserve(Ether.HEADER + ArpPacket.HEADER);
    if (at < 0) return drops.count(Drop.LINK_FULL);
    const own = scope === Scope.NAMESERVER ? NAMESERVER_MAC : GATEWAY_MAC;
    const b = cable.slab;
    Ether.emit(b, at, mac, 0, station.macs, own, Ether.Type.ARP);
    ArpPacket.emit(b, at + Ether.HEADER, op, station.macs, own, source, tha, 0, target);
    cable.commit(Ether.HEADER + ArpPacket.HEADER, null, 0, 0, null);
    return Drop.NO;
  }
}
