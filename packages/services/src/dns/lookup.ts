// One question while the resolvers are asked: a socket of its own, and so a port that nobody can guess (RFC 5452 9.2), and an
// identifier of its own. Those who ask the same meanwhile wait for the same answer.
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { Refusal, Report, UdpEvents, UdpSocket } from '@reslirp/stack/host';
import * as Dns from '@reslirp/wire/dns';
import type { Asker } from './asker.ts';
import type { Question } from './question.ts';
import type { StreamQuestion } from './resolver-streams.ts';

/** Rcodes that say something about the name. */
const KNOWS: ReadonlySet<number> = new Set([Dns.Rcode.NO_ERROR, Dns.Rcode.NAME]);

/** Who waits for the answer, and what the question was in his words. */
export interface Waiter {
  readonly asker: Asker;
  readonly question: Question;
}

/** What a lookup tells of its sockets. */
export interface LookupEvents {
  answered(l: Lookup, from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void;
  undeliverable(l: Lookup, to: Endpoint, now: number): void;
}

export class Lookup implements UdpEvents, StreamQuestion {
  readonly key: string;
  readonly question: Question;
  /** The query with our identifier. */
  readonly query: Uint8Array;
  /** The first to ask first. */
  upstreams: readonly Endpoint[];
  readonly waiters: Waiter[] = [];
  readonly beganAt: number;
  /** By TCP: an answer was too long for UDP, and somebody can be told all of it. */
  stream: boolean = false;
  /** What forgets it at a connection to a resolver. */
  leave: (() => void) | null = null;
  /** How many have been asked, all rounds counted. */
  attempts: number = 0;
  askedAt: number = 0;
  /** When the next one is asked. */
  deadline: number = 0;
  /** An answer that is better than none: SERVFAIL, REFUSED, or the part that went into a datagram; and whose. */
  lastResort: { readonly answer: Uint8Array; readonly from: Endpoint } | null = null;
  /** Those that gave such an answer: asking them again would give it again. */
  readonly broken: Set<string> = new Set();
  /** By family: opened with the first upstream of it. */
  readonly sockets: Map<4 | 6, UdpSocket> = new Map();
  readonly #events: LookupEvents;

  constructor(
    key: string,
    question: Question,
    upstreams: readonly Endpoint[],
    id: number,
    now: number,
    events: LookupEvents,
  ) {
    this.key = key;
    this.question = question;
    this.query = question.message.slice();
    Dns.setId(this.query, 0, id);
    this.upstreams = upstreams;
    this.beganAt = now;
    this.#events = events;
  }

  /** The one that was asked last. */
  get upstream(): Endpoint {
    return this.upstreams[(this.attempts - 1) % this.upstreams.length]!;
  }

  /** Whether [at, end) from `from` can be the answer: a resolver that was asked, our identifier, our question (RFC 5452 9.1). */
  isAnswer(from: Endpoint, b: Uint8Array, at: number, end: number): boolean {
    if (Dns.check(b, at, end) !== Dns.Malformed.NO || !Dns.isResponse(b, at)) return false;
    if (Dns.id(b, at) !== Dns.id(this.query, 0)) return false;
    if (!this.upstreams.some((e, i) => i < this.attempts && e.equals(from))) return false;
    // Some servers leave the question out of an error, but never out of what they know about the name
    if (Dns.qdCount(b, at) === 0) return !KNOWS.has(Dns.rcode(b, at));
    return Dns.sameQuestion(this.query, 0, this.query.length, b, at, end);
  }

  received(from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void {
    this.#events.answered(this, from, b, at, end, now);
  }

  undeliverable(to: Endpoint, _why: Refusal, _report: Report | null, now: number): void {
    this.#events.undeliverable(this, to, now);
  }

  lost(from: Endpoint, now: number): void {
    this.#events.undeliverable(this, from, now);
  }

  /** Lets go of everything. */
  close(): void {
    for (const socket of this.sockets.values()) socket.close();
    this.sockets.clear();
    this.leave?.();
    this.leave = null;
  }
}
