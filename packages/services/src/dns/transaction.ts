// One question of a guest, while its answer is looked for: a socket of its own, and so a port that nobody can guess
// (RFC 5452 9.2), and an identifier of its own.
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { Refusal, Report, UdpEvents, UdpSocket } from '@reslirp/stack/host';
import * as Dns from '@reslirp/wire/dns';

/** Rcodes that say something about the name. */
const KNOWS: ReadonlySet<number> = new Set([Dns.Rcode.NO_ERROR, Dns.Rcode.NAME]);

/** What a transaction tells of its socket. */
export interface TransactionEvents {
  answered(t: Transaction, from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void;
  undeliverable(t: Transaction, to: Endpoint, now: number): void;
}

export class Transaction implements UdpEvents {
  readonly client: Endpoint;
  /** The address of ours that was asked. */
  readonly asked: Endpoint;
  /** The query with our identifier. */
  readonly query: Uint8Array;
  readonly clientId: number;
  readonly id: number;
  readonly upstreams: readonly Endpoint[];
  /** How many of them have been asked, all rounds counted. */
  attempts: number = 0;
  /** When the next one is asked. */
  deadline: number = 0;
  /** An answer that is better than none: SERVFAIL, REFUSED. With the client's identifier. */
  lastResort: Uint8Array | null = null;
  /** Those that gave such an answer: asking them again would give it again. */
  readonly broken: Set<Endpoint> = new Set();
  /** By family: opened with the first upstream of it. */
  readonly sockets: Map<4 | 6, UdpSocket> = new Map();
  readonly #events: TransactionEvents;

  constructor(
    client: Endpoint,
    asked: Endpoint,
    query: Uint8Array,
    id: number,
    upstreams: readonly Endpoint[],
    events: TransactionEvents,
  ) {
    this.client = client;
    this.asked = asked;
    this.clientId = Dns.id(query, 0);
    this.id = id;
    this.query = query;
    Dns.setId(query, 0, id);
    this.upstreams = upstreams;
    this.#events = events;
  }

  /** The one that was asked last. */
  get upstream(): Endpoint {
    return this.upstreams[(this.attempts - 1) % this.upstreams.length]!;
  }

  /** Whether a message from `from` can be the answer: an upstream that was asked, our identifier, our question. */
  isAnswer(from: Endpoint, b: Uint8Array, at: number, end: number): boolean {
    if (Dns.check(b, at, end) !== Dns.Malformed.NO || !Dns.isResponse(b, at) || Dns.id(b, at) !== this.id) return false;
    const wasAsked = this.upstreams.some((e, i) => i < this.attempts && e.equals(from));
    if (!wasAsked) return false;
    // Some servers leave the question out of an error, but never out of what they know about the name
    if (Dns.qdCount(b, at) === 0) return !KNOWS.has(Dns.rcode(b, at));
    return Dns.sameQuestion(this.query, 0, this.query.length, b, at, end);
  }

  markBroken(upstream: Endpoint): void {
    for (const e of this.upstreams) if (e.equals(upstream)) this.broken.add(e);
  }

  received(from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void {
    this.#events.answered(this, from, b, at, end, now);
  }

  undeliverable(to: Endpoint, _why: Refusal, _report: Report | null, now: number): void {
    this.#events.undeliverable(this, to, now);
  }
}
