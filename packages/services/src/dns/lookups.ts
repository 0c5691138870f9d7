// All questions that resolvers are being asked, and how: a resolver that is silent, unreachable or broken (SERVFAIL, REFUSED, NOTIMP)
// gives way to the next, three times around; one that has failed before is asked last, and a copy of some question finds out
// whether it answers again. Questions are equal when their bytes are, but for the identifier: those are asked once
// (RFC 5452 5: many equal ones at once are a gift to whoever forges).
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { Host } from '@reslirp/stack/host';
import * as Dns from '@reslirp/wire/dns';
import type { Asker } from './asker.ts';
import type { Health } from './health.ts';
import { Lookup, type LookupEvents } from './lookup.ts';
import type { Question } from './question.ts';
import { ResolverStreams } from './resolver-streams.ts';

/** How long a resolver may be silent in each round, milliseconds. */
const PATIENCE = [1_000, 2_000, 4_000] as const;
/** The same for one that is asked over TCP. */
const STREAM_PATIENCE = 4_000;
/** RFC 7766 6.2.4: a connection that was idle may be closed just when a question goes out. */
const STREAM_ROUNDS = 2;
/** Nobody is asked any more so long after the beginning: guests have given up, or will ask again. */
const GIVE_UP = 7_000;
/** Who may wait for one answer. */
const MOST_WAITERS = 64;
const HOPS = 64;

export interface LookupsParts {
  readonly host: Pick<Host, 'connect' | 'udp'>;
  /** [0, 1) */
  readonly random: () => number;
  readonly health: Health;
  readonly stats: LookupCounters;
  /** Questions at once, in all and of one guest. */
  readonly maxPending: number;
  readonly maxPendingOfGuest: number;
  /** The end of a lookup: its answer, whose identifier is anybody's, and from whom; null: nobody had one. */
  done(l: Lookup, answer: Uint8Array | null, from: Endpoint | null, now: number): void;
}

export interface LookupCounters {
  failovers: number;
  repeated: number;
  joined: number;
  unrelated: number;
  evicted: number;
  probes: number;
  overTcp: number;
}

export class Lookups implements LookupEvents {
  readonly #parts: LookupsParts;
  readonly #streams: ResolverStreams;
  /** In the order of their birth. */
  readonly #pending: Map<string, Lookup> = new Map();
  /** Questions under way, by address of who asked. */
  readonly #ofGuest: Map<string, number> = new Map();
  #waiting: number = 0;
  /** No lookup is due before. */
  #next: number = Infinity;

  constructor(parts: LookupsParts) {
    this.#parts = parts;
    this.#streams = new ResolverStreams(parts.host, parts.random);
  }

  /** Questions under way. */
  get size(): number {
    return this.#waiting;
  }

  /** Begins, or joins what is under way. False: this guest, or this question, has too many under way. */
  ask(question: Question, asker: Asker, upstreams: readonly Endpoint[], now: number): boolean {
    const { stats, health, random, maxPending, maxPendingOfGuest } = this.#parts;
    const key = keyOf(question, asker.stream);
    const known = this.#pending.get(key);
    if (known !== undefined && isRepeated(known, question, asker)) {
      stats.repeated++;
      return true;
    }
    const guest = asker.guest.address();
    const had = this.#ofGuest.get(guest) ?? 0;
    if (had >= maxPendingOfGuest || (known !== undefined && known.waiters.length >= MOST_WAITERS)) return false;
    if (this.#waiting >= maxPending) this.#evict(now);
    this.#ofGuest.set(guest, had + 1);
    this.#waiting++;
    const joins = this.#pending.get(key); // unless it was the oldest
    if (joins !== undefined) {
      stats.joined++;
      joins.waiters.push({ asker, question });
      return true;
    }
    const ordered = health.inOrder(upstreams);
    const l = new Lookup(key, question, ordered, Math.floor(random() * 0x1_0000), now, this);
    l.waiters.push({ asker, question });
    this.#pending.set(key, l);
    this.#probe(question, ordered, now);
    this.#askNext(l, now);
    return true;
  }

  poll(now: number): void {
    this.#streams.poll(now);
    if (now < this.#next) return;
    this.#next = Infinity;
    const due: Lookup[] = []; // apart: what is done with one may end others
    for (const l of this.#pending.values()) {
      if (l.deadline <= now) due.push(l);
      else this.#next = Math.min(this.#next, l.deadline);
    }
    for (const l of due) {
      if (this.#pending.get(l.key) === l) this.#giveUpOn(l, l.askedAt, now);
    }
  }

  deadline(): number {
    return Math.min(this.#next, this.#streams.deadline());
  }

  close(): void {
    for (const l of this.#pending.values()) l.close();
    this.#pending.clear();
    this.#ofGuest.clear();
    this.#waiting = 0;
    this.#streams.close();
  }

  answered(l: Lookup, from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void {
    const { stats, health } = this.#parts;
    if (this.#pending.get(l.key) !== l || !l.isAnswer(from, b, at, end)) {
      stats.unrelated++;
      return;
    }
    if (isBroken(Dns.rcode(b, at))) {
      health.refused(from, now);
      if (!l.stream) l.lastResort = { answer: b.slice(at, end), from: from.copy() };
      l.broken.add(String(from));
      if (from.equals(l.upstream)) this.#askNext(l, now); // else an earlier one, late: the one asked now may still know
      return;
    }
    health.answered(from, now);
    const wantsAll = l.waiters.some(({ asker }) => asker.stream);
    if (Dns.truncated(b, at) && wantsAll && !l.stream) this.#askOverTcp(l, from, b.slice(at, end), now);
    else this.#finish(l, b.slice(at, end), from.copy(), now);
  }

  undeliverable(l: Lookup, to: Endpoint, now: number): void {
    if (this.#pending.get(l.key) !== l || !to.equals(l.upstream)) return;
    this.#giveUpOn(l, Infinity, now);
  }

  /** It did not answer. One that has no TCP may be well all the same: that is what most questions need. */
  #giveUpOn(l: Lookup, askedAt: number, now: number): void {
    if (!l.stream) this.#parts.health.failed(l.upstream, askedAt, now);
    this.#askNext(l, now);
  }

  /** RFC 7766 5: the one who has all of it first. The part that is known has to do when nobody is to be had by TCP. */
  #askOverTcp(l: Lookup, from: Endpoint, part: Uint8Array, now: number): void {
    this.#parts.stats.overTcp++;
    l.close();
    l.stream = true;
    l.attempts = 0;
    l.lastResort = { answer: part, from: from.copy() };
    l.upstreams = [from.copy(), ...l.upstreams.filter((e) => !e.equals(from))];
    this.#askNext(l, now);
  }

  /** Asks the next resolver; when there is none left, it is over. */
  #askNext(l: Lookup, now: number): void {
    const isProbe = l.waiters.length === 0;
    if (l.attempts > 0 && !isProbe) this.#parts.stats.failovers++;
    const rounds = isProbe ? 1 : l.stream ? STREAM_ROUNDS : PATIENCE.length;
    while (l.attempts < l.upstreams.length * rounds && now - l.beganAt < GIVE_UP) {
      const round = Math.floor(l.attempts / l.upstreams.length);
      l.attempts++;
      if (l.broken.has(String(l.upstream)) || !this.#send(l, now)) continue;
      l.askedAt = now;
      l.deadline = now + (l.stream ? STREAM_PATIENCE : PATIENCE[round]!);
      this.#next = Math.min(this.#next, l.deadline);
      return;
    }
    this.#finish(l, l.lastResort?.answer ?? null, l.lastResort?.from ?? null, now);
  }

  /** False: no socket for it is to be had. */
  #send(l: Lookup, now: number): boolean {
    const to = l.upstream;
    if (l.stream) {
      l.leave?.();
      l.leave = this.#streams.ask(to, l, now);
      return l.leave !== null;
    }
    const family = to.is4 ? 4 : 6;
    let socket = l.sockets.get(family) ?? null;
    if (socket === null) {
      socket = this.#parts.host.udp(family, l);
      if (socket === null) return false;
      l.sockets.set(family, socket);
    }
    socket.send(to, HOPS, l.query, 0, l.query.length);
    return true;
  }

  /** Nobody waits for the answer but the health of the resolver. */
  #probe(question: Question, ordered: readonly Endpoint[], now: number): void {
    const suspect = this.#parts.health.toProbe(ordered, now);
    if (suspect === null) return;
    const key = `probe ${suspect}`;
    if (this.#pending.has(key)) return;
    this.#parts.stats.probes++;
    const l = new Lookup(key, question, [suspect], Math.floor(this.#parts.random() * 0x1_0000), now, this);
    this.#pending.set(key, l);
    this.#askNext(l, now);
  }

  #evict(now: number): void {
    for (const l of this.#pending.values()) {
      if (l.waiters.length === 0) continue; // a probe
      this.#parts.stats.evicted++;
      this.#finish(l, null, null, now);
      return;
    }
  }

  #finish(l: Lookup, answer: Uint8Array | null, from: Endpoint | null, now: number): void {
    this.#pending.delete(l.key);
    l.close();
    for (const { asker } of l.waiters) {
      this.#waiting--;
      const guest = asker.guest.address();
      const left = this.#ofGuest.get(guest)! - 1;
      if (left > 0) this.#ofGuest.set(guest, left);
      else this.#ofGuest.delete(guest);
    }
    this.#parts.done(l, answer, from, now);
  }
}

/** The guest, not having heard an answer yet, says it again. */
function isRepeated(l: Lookup, question: Question, { guest, stream }: Asker): boolean {
  const id = Dns.id(question.message, 0);
  return !stream && l.waiters.some((w) => Dns.id(w.question.message, 0) === id && w.asker.guest.equals(guest));
}

/** Everything but the identifier. Answers over UDP and TCP differ in how long they may be. */
function keyOf({ message }: Question, stream: boolean): string {
  let key = stream ? 'tcp ' : 'udp ';
  for (let i = 2; i < message.length; i++) key += String.fromCharCode(message[i]!);
  return key;
}

/** The resolver has no answer, and another one may have. NXDOMAIN is an answer. */
function isBroken(code: number): boolean {
  return code === Dns.Rcode.SERVER_FAILURE || code === Dns.Rcode.REFUSED || code === Dns.Rcode.NOT_IMPLEMENTED;
}
