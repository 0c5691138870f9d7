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
import { Agenda } from '../agenda.ts';
import type { Clock } from '../clock.ts';
import type { UdpFiltering } from '../config.ts';
import { Drop, type DropCounters } from '../drop.ts';
import { Endpoint } from '../endpoint.ts';
import type { FlowInfo } from '../flow-info.ts';
import type { FlowTable } from '../flow-tables.ts';
import { type Host, Refusal, type Report } from '../host.ts';
import type { IpErrors, IpOutput } from '../ip/output.ts';
import { putQuote, QUOTE } from '../ip/quote.ts';
import { KeyTable, NONE } from '../key-table.ts';
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

export class Nat implements MappingEvents, FlowTable {
  opened: number = 0;
  expired: number = 0;
  evicted: number = 0;
  /** By whoever looks after the network. */
  ended: number = 0;
  /** Mappings that ever began. */
  #born: number = 0;
  readonly #parts: NatParts;
  readonly #table: KeyTable;
  readonly #mappings: (Mapping | null)[] = [];
  readonly #agenda: Agenda;
  readonly #isSymmetric: boolean;
  readonly #key: Int32Array;
  readonly #seen: Endpoint = new Endpoint();
  readonly #quote: Uint8Array = new Uint8Array(QUOTE);

  constructor(parts: NatParts) {
    this.#parts = parts;
    this.#isSymmetric = parts.filtering === 'symmetric';
    this.#key = new Int32Array(this.#isSymmetric ? 2 * ENDPOINT : ENDPOINT);
    this.#table = new KeyTable(this.#key.length, parts.capacity, parts.random);
    this.#agenda = new Agenda(parts.capacity);
  }

  get size(): number {
    return this.#table.size;
  }

  /** The guest's datagram `p`, payload [at, end), to the host's `to`, which stands for everybody when `toAll`. */
  send(p: Packet, at: number, end: number, to: Endpoint, toAll: boolean, hops: number, now: number): Drop {
    const { drops, errors } = this.#parts;
    const m = this.#find(p.from, to) ?? this.#open(p.from, to, now);
    if (m === null) {
      errors.unreachable(p.b, p.ip, p.end, Refusal.EXHAUSTED, now);
      return drops.count(Drop.UDP_EXHAUSTED);
    }
    this.#table.touch(m.slot);
    m.use(to, toAll, now);
    m.traffic.up(p.to, end - at, now);
    this.#agenda.arm(m.slot, m.expiresAt);
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
    this.#table.touch(m.slot);
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

  /** Closes what has been idle for its lifetime. */
  poll(now: number): void {
    for (let slot = this.#agenda.take(now); slot !== NONE; slot = this.#agenda.take(now)) {
      const m = this.#mappings[slot]!;
      if (m.expiresAt > now) {
        this.#agenda.arm(slot, m.expiresAt);
        continue;
      }
      this.expired++;
      this.#remove(m);
    }
  }

  deadline(): number {
    return this.#agenda.next();
  }

  *flows(now: number, from: number = 0, guest: Endpoint | null = null): Generator<FlowInfo> {
    for (let slot = from; slot < this.#mappings.length; slot++) {
      const m = this.#mappings[slot];
      if (m && (guest === null || guest.sameAddress(m.guest))) yield m.traffic.describe('udp', slot, m.guest, now);
    }
  }

  end(slot: number, number: number): boolean {
    const m = this.#mappings[slot];
    if (!m || m.traffic.number !== number) return false;
    this.ended++;
    this.#remove(m);
    return true;
  }

  close(): void {
    for (const m of this.#mappings) if (m) this.#remove(m);
  }

  #find(guest: Endpoint, remote: Endpoint): Mapping | null {
    const slot = this.#table.find(this.#keyOf(guest, remote));
    return slot === NONE ? null : this.#mappings[slot]!;
  }

  /** For a guest that has none; null when the host has no socket to give. */
  #open(guest: Endpoint, remote: Endpoint, now: number): Mapping | null {
    if (this.#table.full) this.#evict();
    const { lives, filtering, random } = this.#parts;
    const slot = this.#table.add(this.#keyOf(guest, remote));
    const contacts = Contacts.of(filtering, random);
    const m = new Mapping({ slot, number: ++this.#born, guest: guest.copy(), contacts, events: this, lives, now });
    this.#mappings[slot] = m;
    m.socket = this.#parts.host.udp(guest.is4 ? 4 : 6, m);
    if (m.socket === null) {
      this.#remove(m);
      // The next one may find what the longest idle one leaves behind
      if (this.#table.oldest !== NONE) this.#evict();
      return null;
    }
    this.opened++;
    return m;
  }

  #evict(): void {
    this.evicted++;
    this.#remove(this.#mappings[this.#table.oldest]!);
  }

  #remove(m: Mapping): void {
    m.socket?.close();
    m.socket = null;
    this.#agenda.disarm(m.slot);
    this.#mappings[m.slot] = null;
    this.#table.remove(m.slot);
  }

  #keyOf(guest: Endpoint, remote: Endpoint): Int32Array {
    putKey(this.#key, 0, guest);
    if (this.#isSymmetric) putKey(this.#key, ENDPOINT, remote);
    return this.#key;
  }
}

function putKey(k: Int32Array, at: number, { w0, w1, w2, w3, port }: Endpoint): void {
  k[at] = w0;
  k[at + 1] = w1;
  k[at + 2] = w2;
  k[at + 3] = w3;
  k[at + 4] = port;
}
