// ICMP echo of the guest to the outside: through sockets of the host, and never a reply that the target did not send.
//
// A socket of the host has one identifier, so a guest's identifier is a socket (RFC 5508 REQ-1: endpoint-independent mapping);
// sequence numbers are passed as they are. Mappings live for a while after their last request (REQ-2), and are capped: then the
// longest idle one goes. The guest's TTL travels along, one less; so traceroute and mtr see every hop.
import * as Icmp4 from '@reslirp/wire/icmp4';
import * as Icmp6 from '@reslirp/wire/icmp6';
import { Protocol } from '@reslirp/wire/ipv4';
import type { Clock } from '../clock.ts';
import { Endpoint } from '../endpoint.ts';
import { Traffic } from '../flow-info.ts';
import type { EchoEvents, EchoSocket, Host, Refusal, Report } from '../host.ts';
import type { IpErrors } from '../ip/output.ts';
import { putQuote, QUOTE } from '../ip/quote.ts';
import { NONE } from '../key-table.ts';
import { MappingTable, type TimedMapping } from '../mapping-table.ts';
import type { Packet } from '../packet.ts';
import type { Routes } from '../routes.ts';

/** Identifiers of all guests at once. */
const CAPACITY = 1_024;
/** Of a key: an address, and an identifier. */
const WORDS = 5;

/** Sends ICMP of one IP version: icmp/output.ts, icmp/output6.ts. */
export interface EchoOutput {
  send(
    from: Endpoint,
    to: Endpoint,
    type: number,
    code: number,
    rest: number,
    tos: number,
    b: Uint8Array,
    at: number,
    end: number,
  ): boolean;
}

export interface EchoParts {
  readonly host: Host;
  readonly output4: EchoOutput;
  /** Null where there is no IPv6. */
  readonly output6: EchoOutput | null;
  readonly errors: IpErrors;
  readonly routes: Routes;
  readonly clock: Clock;
  /** Of an identifier after its last request (RFC 5508 REQ-2), milliseconds. */
  readonly life: number;
  readonly random: () => number;
}

export class Echo extends MappingTable<Mapping> {
  readonly #parts: EchoParts;

  constructor(parts: EchoParts) {
    super({ kind: 'icmp', words: WORDS, capacity: CAPACITY, random: parts.random });
    this.#parts = parts;
  }

  /** The request `p` to the host's `to`. False when the host has no socket for it. */
  send(p: Packet, to: Endpoint, hops: number, now: number): boolean {
    const m = this.#of(p, now);
    if (m === null) return false;
    m.expiresAt = now + this.#parts.life;
    this.refresh(m);
    m.traffic.up(p.to, p.end - p.at - Icmp4.HEADER, now);
    m.send(to, Icmp4.sequence(p.b, p.at), hops, p.tos, p.b, p.at + Icmp4.HEADER, p.end);
    return true;
  }

  #of(p: Packet, now: number): Mapping | null {
    const k = this.key;
    k[0] = p.from.w0;
    k[1] = p.from.w1;
    k[2] = p.from.w2;
    k[3] = p.from.w3;
    k[4] = Icmp4.id(p.b, p.at); // ICMPv6 has it where ICMP has
    return this.find() ?? this.#open(p, now);
  }

  #open(p: Packet, now: number): Mapping | null {
    this.makeRoom();
    const m = new Mapping(++this.born, p.from.copy(), Icmp4.id(p.b, p.at), this.#parts, now);
    if (!m.open()) return null;
    this.admit(m);
    return m;
  }
}

/** One identifier of a guest, and the socket that speaks for it. */
class Mapping implements EchoEvents, TimedMapping {
  slot: number = NONE;
  expiresAt: number = 0;
  /** Its port is the identifier. */
  readonly guest: Endpoint;
  readonly traffic: Traffic;
  readonly #id: number;
  readonly #parts: EchoParts;
  readonly #seen: Endpoint = new Endpoint();
  #socket: EchoSocket | null = null;

  constructor(number: number, guest: Endpoint, id: number, parts: EchoParts, now: number) {
    this.guest = guest;
    guest.port = id;
    this.traffic = new Traffic(number, now);
    this.#id = id;
    this.#parts = parts;
  }

  /** False when the host has none. */
  open(): boolean {
    this.#socket = this.#parts.host.echo?.(this.guest.is4 ? 4 : 6, this) ?? null;
    return this.#socket !== null;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  send(to: Endpoint, sequence: number, hops: number, tos: number, b: Uint8Array, at: number, end: number): void {
    this.#socket?.send(to, sequence, hops, tos, b, at, end);
  }

  replied(from: Endpoint, sequence: number, b: Uint8Array, at: number, end: number, now: number): void {
    const { clock, output4, output6, routes } = this.#parts;
    clock.now = now;
    routes.seenAs(this.#seen.set(from));
    const rest = (this.#id << 16) | sequence;
    if (this.#seen.is4 !== this.guest.is4) return;
    this.traffic.down(this.#seen, end - at, now);
    if (this.guest.is4) output4.send(this.#seen, this.guest, Icmp4.Type.ECHO_REPLY, 0, rest, 0, b, at, end);
    else output6?.send(this.#seen, this.guest, Icmp6.Type.ECHO_REPLY, 0, rest, 0, b, at, end);
  }

  undeliverable(to: Endpoint, sequence: number, why: Refusal, report: Report | null, now: number): void {
    const { clock, errors, routes } = this.#parts;
    clock.now = now;
    routes.seenAs(this.#seen.set(to));
    const quote = new Uint8Array(QUOTE);
    const { is4 } = this.guest;
    const icmp = putQuote(quote, this.guest, this.#seen, is4 ? Protocol.ICMP : Protocol.ICMP6);
    const end = icmp + Icmp4.HEADER;
    const type = is4 ? Icmp4.Type.ECHO : Icmp6.Type.ECHO;
    Icmp4.emit(quote, icmp, end, type, 0, (this.#id << 16) | sequence);
    if (report === null) errors.unreachable(quote, 0, end, why, now);
    else errors.report(quote, 0, end, report, now);
  }
}
