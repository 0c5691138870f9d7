// UDP to the outside, RFC 4787: one host socket per guest endpoint, whoever it talks to.
//
// Mapping      endpoint-independent (REQ-1): the guest's port is one port of the host, for every remote; or symmetric
//              (RFC 3489 5), for those who ask for it: one for each remote.
// Filtering    endpoint-independent (REQ-8): whoever finds that port is heard, under the address it has, or under the
//              gateway's when it is the host's loopback. Or only whom the guest has sent to, by address, or port as well
//              (contacts.ts): then who answers a datagram to a group is not.
// Lifetime     mapping.ts; datagrams of either direction refresh it (REQ-6).
// Groups       are sent to like anybody, and whoever answers is heard. Nothing comes in that was sent to one.
// TTL          one less than it came with: we are a hop. What the host's socket reports as undeliverable becomes an ICMP
//              error about a datagram that looks like the lost one.
// Capped; beyond the cap the mapping that has been idle longest goes.
import { Protocol } from '@reslirp/wire/ipv4';
import * as Udp from '@reslirp/wire/udp';
import type { Clock } from '../clock.ts';
import type { UdpFiltering } from '../config.ts';
import { Drop, type DropCounters } from '../drop.ts';
import { Endpoint } from '../endpoint.ts';
import { type Host, Refusal, type Report } from '../host.ts';
import type { IpErrors, IpOutput } from '../ip/output.ts';
import { putQuote, QUOTE } from '../ip/quote.ts';
import { MappingTable } from '../mapping-table.ts';
import type { Packet } from '../packet.ts';
import type { Routes } from '../routes.ts';
import { Contacts } from './contacts.ts';
import { type Lives, Mapping, type MappingEvents } from './mapping.ts';

/** Words of one in a key. */
const ENDPOINT = 5;
/** RFC 1122 3.2.1.7 */
const HOPS = 64;

export interface NatParts {
  readonly host: Host;
  readonly ip: IpOutput;
  readonly errors: IpErrors;
  readonly routes: Routes;
  readonly drops: DropCounters;
  readonly clock: Clock;
  readonly random: () => number;
  readonly lives: Lives;
  readonly filtering: UdpFiltering;
  readonly capacity: number;
}

export class Nat extends MappingTable<Mapping> implements MappingEvents {
  readonly #parts: NatParts;
  readonly #isSymmetric: boolean;
  readonly #seen: Endpoint = new Endpoint();
  readonly #quote: Uint8Array = new Uint8Array(QUOTE);

  constructor(parts: NatParts) {
    const isSymmetric = parts.filtering === 'symmetric';
    const { capacity, random } = parts;
    super({ kind: 'udp', words: isSymmetric ? 2 * ENDPOINT : ENDPOINT, capacity, random });
    this.#parts = parts;
    this.#isSymmetric = isSymmetric;
  }

  /** The guest's datagram `p`, payload [at, end), to the host's `to`, which stands for everybody when `toAll`. */
  send(p: Packet, at: number, end: number, to: Endpoint, toAll: boolean, hops: number, now: number): Drop {
    const { drops, errors } = this.#parts;
    this.#putKey(p.from, to);
    const m = this.find() ?? this.#open(p.from, now);
    if (m === null) {
      errors.unreachable(p.b, p.ip, p.end, Refusal.EXHAUSTED, now);
      return drops.count(Drop.UDP_EXHAUSTED);
    }
    m.use(to, toAll, now);
    m.traffic.up(p.to, end - at, now);
    this.refresh(m);
    m.socket!.send(to, hops, p.b, at, end, p.tos);
    return Drop.NO;
  }

  filtered(now: number): void {
    const { clock, drops } = this.#parts;
    clock.now = now;
    drops.count(Drop.UDP_FILTERED);
  }

  received(m: Mapping, from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void {
    const { clock, ip, routes } = this.#parts;
    clock.now = now;
    if (from.is4 !== m.guest.is4) return; // a host that hears across versions of IP: nobody could answer
    this.touch(m);
    routes.seenAs(this.#seen.set(from));
    m.traffic.down(this.#seen, end - at, now);
    ip.datagram(this.#seen, m.guest, HOPS, b, at, end, now);
  }

  undeliverable(m: Mapping, to: Endpoint, why: Refusal, report: Report | null, now: number): void {
    const { clock, errors, routes } = this.#parts;
    clock.now = now;
    routes.seenAs(this.#seen.set(to));
    const { guest } = m;
    if (this.#seen.is4 !== guest.is4 || !m.mayHearOf(to)) return;
    const udp = putQuote(this.#quote, guest, this.#seen, Protocol.UDP);
    const end = udp + Udp.HEADER;
    Udp.emit(this.#quote, udp, guest.port, to.port, Udp.HEADER, 0);
    if (report === null) errors.unreachable(this.#quote, 0, end, why, now);
    else errors.report(this.#quote, 0, end, report, now);
  }

  /** For a guest that has none; null when the host has no socket to give. */
  #open(guest: Endpoint, now: number): Mapping | null {
    this.makeRoom();
    const { lives, filtering, random } = this.#parts;
    const contacts = Contacts.of(filtering, random);
    const m = new Mapping({ number: ++this.born, guest: guest.copy(), contacts, events: this, lives, now });
    m.socket = this.#parts.host.udp(guest.is4 ? 4 : 6, m);
    if (m.socket === null) {
      this.evictOldest(); // the next one may find what it leaves behind
      return null;
    }
    this.admit(m);
    return m;
  }

  #putKey(guest: Endpoint, remote: Endpoint): void {
    putKey(this.key, 0, guest);
    if (this.#isSymmetric) putKey(this.key, ENDPOINT, remote);
  }
}

function putKey(k: Int32Array, at: number, { w0, w1, w2, w3, port }: Endpoint): void {
  k[at] = w0;
  k[at + 1] = w1;
  k[at + 2] = w2;
  k[at + 3] = w3;
  k[at + 4] = port;
}
