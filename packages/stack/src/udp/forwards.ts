// Forwards of UDP: a socket of the host and a port of a guest that are one.
//
// What comes to the socket reaches the guest, from the address of whoever sent it, or from the gateway's where the guest could
// not answer to that. What the guest sends from its port leaves through the socket, to whomever: so its peers see it where it
// is known. Whoever has sent something lately may be answered even where the address rules say no (the host's own loopback).
// Sockets never expire; clients are remembered until so many others have come.
import type { Clock } from '../clock.ts';
import { Drop, type DropCounters } from '../drop.ts';
import { Endpoint } from '../endpoint.ts';
import { type FlowInfo, Traffic } from '../flow-info.ts';
import type { FlowTable } from '../flow-tables.ts';
import type { Forward, ForwardEvents, ForwardSpec } from '../forward.ts';
import type { BindFault, BoundUdpEvents, Host, UdpSocket } from '../host.ts';
import type { IpOutput } from '../ip/output.ts';
import { KeyTable, NONE } from '../key-table.ts';
import type { Packet } from '../packet.ts';
import type { Routes } from '../routes.ts';

/** RFC 1122 3.2.1.7 */
const HOPS = 64;
/** Clients of one forward that are remembered. */
const CLIENTS = 256;
/** Where ports are looked for when that of a client is taken: RFC 6335 6. */
const PORTS = { first: 49_152, count: 16_384 } as const;
const TRIES = 8;
const NONE_THERE: readonly UdpForward[] = [];

export type UdpForwardSpec = Pick<ForwardSpec, 'guest'> & { readonly host: Endpoint };

export interface UdpForwardParts {
  readonly host: Host;
  readonly ip: IpOutput;
  readonly routes: Routes;
  readonly drops: DropCounters;
  readonly clock: Clock;
  readonly random: () => number;
}

export class UdpForwards implements FlowTable {
  readonly #parts: UdpForwardParts;
  /** By the guest's port. */
  readonly #byPort: Map<number, UdpForward[]> = new Map();
  /** Forwards that ever were. */
  #born: number = 0;

  constructor(parts: UdpForwardParts) {
    this.#parts = parts;
  }

  add({ host, guest }: UdpForwardSpec, events: ForwardEvents): Forward {
    const forward = new UdpForward(++this.#born, guest.copy(), events, this.#parts, () => this.#remove(forward));
    const others = this.#byPort.get(guest.port) ?? [];
    this.#byPort.set(guest.port, [...others, forward]);
    forward.open(host);
    return forward;
  }

  /** A datagram of the guest to somebody who has come through a forward. False when it is none. */
  answer(p: Packet, at: number, end: number, hops: number): boolean {
    if (this.#byPort.size === 0) return false;
    for (const forward of this.#at(p.from)) {
      if (forward.guest.sameAddress(p.from) && forward.answer(p.to, hops, p, at, end)) return true;
    }
    return false;
  }

  /** A datagram of the guest to the host's `to`, from a port that has a forward. False when it has none. */
  send(p: Packet, to: Endpoint, at: number, end: number, hops: number): boolean {
    if (this.#byPort.size === 0) return false;
    const forward = this.#at(p.from).find(({ guest }) => guest.sameAddress(p.from));
    return forward?.send(to, hops, p, at, end) ?? false;
  }

  /** A forward's place is its number. */
  *flows(now: number, from: number = 0, of: Endpoint | null = null): Generator<FlowInfo> {
    const all = [...this.#byPort.values()].flat();
    const some = all.filter(({ traffic, guest }) => traffic.number >= from && (of?.sameAddress(guest) ?? true));
    for (const { traffic, guest } of some.sort((a, b) => a.traffic.number - b.traffic.number)) {
      yield traffic.describe('forward', traffic.number, guest, now);
    }
  }

  close(): void {
    for (const forwards of [...this.#byPort.values()]) for (const forward of forwards) forward.close();
  }

  /** Of that port, whatever the address. */
  #at(guest: Endpoint): readonly UdpForward[] {
    return this.#byPort.get(guest.port) ?? NONE_THERE;
  }

  #remove(forward: UdpForward): void {
    const { port } = forward.guest;
    const rest = this.#byPort.get(port)?.filter((other) => other !== forward) ?? [];
    if (rest.length > 0) this.#byPort.set(port, rest);
    else this.#byPort.delete(port);
  }
}

class UdpForward implements Forward, BoundUdpEvents {
  readonly guest: Endpoint;
  readonly traffic: Traffic;
  readonly #events: ForwardEvents;
  readonly #parts: UdpForwardParts;
  readonly #gone: () => void;
  /** Clients as the guest knows them, and as the host does. */
  readonly #seen: KeyTable;
  readonly #real: (Endpoint | undefined)[] = [];
  readonly #key: Int32Array = new Int32Array(5);
  readonly #visitor: Endpoint = new Endpoint();
  #socket: UdpSocket | null = null;

  constructor(number: number, guest: Endpoint, events: ForwardEvents, parts: UdpForwardParts, gone: () => void) {
    this.guest = guest;
    this.#events = events;
    this.#parts = parts;
    this.#gone = gone;
    this.traffic = new Traffic(number, parts.clock.now);
    this.#seen = new KeyTable(this.#key.length, CLIENTS, parts.random);
  }

  open(at: Endpoint): void {
    this.#socket = this.#parts.host.udpAt(at, this);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#gone();
  }

  bound(at: Endpoint, now: number): void {
    this.#events.bound(at, now);
  }

  unbound(why: BindFault, now: number): void {
    this.#socket = null;
    this.#gone();
    this.#events.unbound(why, now);
  }

  received(from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void {
    const { clock, ip } = this.#parts;
    clock.now = now;
    if (!this.#introduce(from)) {
      this.#parts.drops.count(Drop.UDP_EXHAUSTED);
      return;
    }
    this.traffic.down(this.#visitor, end - at, now);
    ip.datagram(this.#visitor, this.guest, HOPS, b, at, end, now);
  }

  /** Who sends to a port knows what becomes of it; the guest has asked for nothing. */
  undeliverable(): void {}

  /** Sends to the client that the guest knows as `to`; false when there is none. */
  answer(to: Endpoint, hops: number, p: Packet, at: number, end: number): boolean {
    const slot = this.#seen.find(this.#keyOf(to));
    if (slot === NONE) return false;
    this.#seen.touch(slot);
    return this.send(this.#real[slot]!, hops, p, at, end);
  }

  send(to: Endpoint, hops: number, p: Packet, at: number, end: number): boolean {
    if (this.#socket === null) return false;
    this.traffic.up(p.to, end - at, this.#parts.clock.now);
    this.#socket.send(to, hops, p.b, at, end, p.tos);
    return true;
  }

  /** Fills #visitor with what the guest is to know `from` as. False when there is no such name left. */
  #introduce(from: Endpoint): boolean {
    const visitor = this.#visitor.set(from);
    this.#parts.routes.visitor(visitor, this.guest);
    for (let i = 0; i < TRIES; i++) {
      const slot = this.#seen.find(this.#keyOf(visitor));
      if (slot === NONE) {
        this.#remember(from);
        return true;
      }
      const known = this.#real[slot]!;
      if (known.port === from.port && known.sameAddress(from)) {
        this.#seen.touch(slot);
        return true;
      }
      visitor.port = PORTS.first + Math.floor(this.#parts.random() * PORTS.count);
    }
    return false;
  }

  /** By the key at hand. The client that has been silent longest is forgotten. */
  #remember(from: Endpoint): void {
    if (this.#seen.full) this.#seen.remove(this.#seen.oldest);
    const slot = this.#seen.add(this.#key);
    this.#real[slot] = from.copy();
  }

  #keyOf(e: Endpoint): Int32Array {
    const k = this.#key;
    k[0] = e.w0;
    k[1] = e.w1;
    k[2] = e.w2;
    k[3] = e.w3;
    k[4] = e.port;
    return k;
  }
}
