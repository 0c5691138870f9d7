// The nameserver of the virtual network: passes questions on to the host's resolvers, and answers back untouched.
//
//   UDP   each question gets its own socket and identifier. A resolver that is silent, unreachable or broken
//         (SERVFAIL, REFUSED, NOTIMP) gives way to the next one, twice around; a guest always hears something in the end.
//   TCP   the stack dials the resolvers in the same order, and joins the streams (Service.dial). What becomes of such a
//         stream is not told to us, so it says nothing about the health of a resolver.
//
// Left out: a cache, names of our own; both belong to a resolver, and this is none.
// Memory: one copy of each question under way and at most two sockets, capped by DnsForwarderOptions.maxPending; of each
// guest endpoint and identifier there is one.
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { Binding, Query, Service, ServiceNet } from '@reslirp/stack/service';
import * as Dns from '@reslirp/wire/dns';
import { integer } from '../integer.ts';
import { Transaction } from './transaction.ts';
import { Upstreams } from './upstreams.ts';

/** How long a resolver may be silent, milliseconds: in the first round, and in the second. */
const PATIENCE = [1_500, 3_000] as const;
/** A question that is longer than this is none. RFC 1035 allows 255 bytes of name; EDNS options may follow. */
const LONGEST_QUERY = 4_096;
const HOPS = 64;
const OPCODE_SHIFT = 11;

export interface DnsForwarderOptions {
  /** The host's resolvers, in their order; the first eight count. Called for every question: the list may change. */
  readonly upstreams: () => readonly Endpoint[];
  /** Questions under way at once, 1 to 16,384: 1,024. Beyond them the oldest is given up, and its guest told so. */
  readonly maxPending?: number;
}

export interface DnsForwarder extends Service {
  /** Counters by name. */
  stats(): Record<string, number>;
}

/** Throws ConfigError. */
export function dnsForwarder(options: DnsForwarderOptions): DnsForwarder {
  return new Forwarder(options);
}

const counters = {
  queries: 0,
  answers: 0,
  /** Resolvers that were given up for the next one. */
  failovers: 0,
  /** All resolvers failed: the guest was told so. */
  failures: 0,
  /** No question, or nothing that can be one. With a header it is told so. */
  malformed: 0,
  /** A question that is under way already. */
  repeated: 0,
  /** Messages to our sockets that answer nothing: late, or forged. */
  unrelated: 0,
  /** Given up because there were too many. */
  evicted: 0,
};

class Forwarder implements DnsForwarder {
  readonly name: string = 'dns';
  readonly egress: boolean = true;
  readonly bindings: readonly Binding[] = [
    { protocol: 'udp', port: Dns.PORT, at: 'nameserver' },
    { protocol: 'tcp', port: Dns.PORT, at: 'nameserver' },
  ];
  readonly #upstreams: Upstreams;
  readonly #maxPending: number;
  readonly #stats: typeof counters = { ...counters };
  /** In the order of their birth, by who asked what. */
  readonly #pending: Map<string, Transaction> = new Map();
  #net!: ServiceNet;
  /** No transaction is due before. */
  #next: number = Infinity;
  #now: number = 0;

  constructor({ upstreams, maxPending }: DnsForwarderOptions) {
    this.#upstreams = new Upstreams(upstreams);
    this.#maxPending = integer('maxPending', maxPending, 1_024, 1, 16_384);
  }

  start(net: ServiceNet): void {
    this.#net = net;
  }

  stats(): Record<string, number> {
    return { ...this.#stats, pending: this.#pending.size };
  }

  received(q: Query, now: number): void {
    this.#now = now;
    const { b, at, end } = q;
    if (end - at < Dns.HEADER || Dns.isResponse(b, at)) {
      this.#stats.malformed++; // no answer to an answer: two of us would talk for ever
      return;
    }
    if (end - at > LONGEST_QUERY || Dns.check(b, at, end) !== Dns.Malformed.NO || Dns.qdCount(b, at) === 0) {
      this.#stats.malformed++;
      this.#formatError(q, now);
      return;
    }
    this.#stats.queries++;
    const key = `${q.from} ${Dns.id(b, at)}`;
    const known = this.#pending.get(key);
    if (known !== undefined) {
      if (Dns.sameQuestion(known.query, 0, known.query.length, b, at, end)) {
        this.#stats.repeated++;
        return;
      }
      this.#forget(key, known);
    }
    this.#begin(key, q, now);
  }

  dial(_port: number, attempt: number, to: Endpoint): boolean {
    const upstream = this.#upstreams.inOrder(this.#now)[attempt];
    if (upstream === undefined) return false;
    to.set(upstream);
    return true;
  }

  poll(now: number): void {
    this.#now = now;
    if (now < this.#next) return;
    this.#next = Infinity;
    for (const [key, t] of this.#pending) {
      if (t.deadline <= now) {
        this.#upstreams.failed(t.upstream, now);
        this.#askNext(key, t, now);
      } else if (t.deadline < this.#next) this.#next = t.deadline;
    }
  }

  deadline(): number {
    return this.#next;
  }

  close(): void {
    for (const [key, t] of this.#pending) this.#forget(key, t);
  }

  #begin(key: string, q: Query, now: number): void {
    const upstreams = this.#upstreams.inOrder(now);
    const query = q.b.slice(q.at, q.end);
    const id = Math.floor(this.#net.random() * 0x1_0000);
    const t = new Transaction(q.from.copy(), q.to.copy(), query, id, upstreams, {
      answered: (t, from, b, at, end, then) => this.#answered(key, t, from, b, at, end, then),
      undeliverable: (t, to, then) => this.#undeliverable(key, t, to, then),
    });
    if (this.#pending.size >= this.#maxPending) this.#evict(now);
    this.#pending.set(key, t);
    this.#askNext(key, t, now);
  }

  /** Asks the next resolver, or tells the guest that there is none left. */
  #askNext(key: string, t: Transaction, now: number): void {
    if (t.attempts > 0) this.#stats.failovers++;
    while (t.attempts < t.upstreams.length * PATIENCE.length) {
      const round = Math.floor(t.attempts / t.upstreams.length);
      t.attempts++;
      if (t.broken.has(t.upstream) || !this.#ask(t)) continue;
      t.deadline = now + PATIENCE[round]!;
      this.#next = Math.min(this.#next, t.deadline);
      return;
    }
    this.#forget(key, t);
    this.#stats.failures++;
    if (t.lastResort !== null) this.#reply(t, t.lastResort, 0, t.lastResort.length, now);
    else this.#error(t, now);
  }

  #ask(t: Transaction): boolean {
    const to = t.upstream;
    const family = to.is4 ? 4 : 6;
    let socket = t.sockets.get(family) ?? null;
    if (socket === null) {
      socket = this.#net.host.udp(family, t);
      if (socket === null) return false;
      t.sockets.set(family, socket);
    }
    socket.send(to, HOPS, t.query, 0, t.query.length);
    return true;
  }

  #answered(key: string, t: Transaction, from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void {
    this.#now = now;
    if (this.#pending.get(key) !== t || !t.isAnswer(from, b, at, end)) {
      this.#stats.unrelated++;
      return;
    }
    if (isBroken(Dns.rcode(b, at))) {
      t.lastResort = withId(b, at, end, t.clientId);
      t.markBroken(from);
      if (!from.equals(t.upstream)) return; // an earlier one, late: the one asked now may still know
      this.#upstreams.failed(from, now);
      this.#askNext(key, t, now);
      return;
    }
    this.#upstreams.answered(from);
    this.#stats.answers++;
    this.#forget(key, t);
    const answer = withId(b, at, end, t.clientId);
    this.#reply(t, answer, 0, answer.length, now);
  }

  #undeliverable(key: string, t: Transaction, to: Endpoint, now: number): void {
    this.#now = now;
    if (this.#pending.get(key) !== t || !to.equals(t.upstream)) return;
    this.#upstreams.failed(to, now);
    this.#askNext(key, t, now);
  }

  #error(t: Transaction, now: number): void {
    const answer = t.query;
    Dns.setId(answer, 0, t.clientId);
    const end = Dns.refuse(answer, 0, answer.length, Dns.Rcode.SERVER_FAILURE);
    this.#reply(t, answer, 0, end, now);
  }

  /** RFC 1035 4.1.1: it can be answered, but not understood. Nothing of it is repeated but identifier and opcode. */
  #formatError(q: Query, now: number): void {
    const answer = new Uint8Array(Dns.HEADER);
    const flags = Dns.Flag.RESPONSE | Dns.Flag.RA | (Dns.opcode(q.b, q.at) << OPCODE_SHIFT) | Dns.Rcode.FORMAT;
    Dns.emit(answer, 0, Dns.id(q.b, q.at), flags, 0);
    this.#net.send(q.to, q.from, null, answer, 0, answer.length, now);
  }

  #reply(t: Transaction, b: Uint8Array, at: number, end: number, now: number): void {
    this.#net.send(t.asked, t.client, null, b, at, end, now);
  }

  #evict(now: number): void {
    for (const [key, t] of this.#pending) {
      this.#stats.evicted++;
      this.#forget(key, t);
      this.#error(t, now);
      return;
    }
  }

  #forget(key: string, t: Transaction): void {
    this.#pending.delete(key);
    for (const socket of t.sockets.values()) socket.close();
    t.sockets.clear();
  }
}

/** The resolver has no answer, and another one may have. NXDOMAIN is an answer. */
function isBroken(code: number): boolean {
  return code === Dns.Rcode.SERVER_FAILURE || code === Dns.Rcode.REFUSED || code === Dns.Rcode.NOT_IMPLEMENTED;
}

function withId(b: Uint8Array, at: number, end: number, id: number): Uint8Array {
  const copy = b.slice(at, end);
  Dns.setId(copy, 0, id);
  return copy;
}
