// The nameserver of the virtual network: a caching forwarder (RFC 1035 7) with names of its own.
//
//   a datagram, or a message of a connection (guest-streams)
//     ▸ question    is it one?            FORMERR, NOTIMP
//     ▸ names       is it ours to say?    an authoritative answer
//     ▸ cache       was it asked before?  the same bytes, older
//     ▸ lookups     the resolvers of its domain, or the host's
//
// What resolvers say goes back as it came, but for the identifier: every record type, EDNS, DNSSEC. Over UDP it is cut to what the client
// takes, and the client asks again by TCP; where the resolver has cut it, we do. A guest always hears something.
// Left out: DNSSEC validation (the resolver's), zone transfers (REFUSED), recursion.
import type { Endpoint } from '@reslirp/stack/endpoint';
import type { TcpEvents, TcpSocket } from '@reslirp/stack/host';
import type { Binding, Query, Service, ServiceNet } from '@reslirp/stack/service';
import * as Dns from '@reslirp/wire/dns';
import { fitted, localAnswer, refusal } from './answer.ts';
import type { Asker } from './asker.ts';
import { Cache } from './cache.ts';
import { type DnsConfig, type DnsSettings, type Domain, dnsSettings, readHost } from './config.ts';
import { GuestStreams } from './guest-streams.ts';
import { Health } from './health.ts';
import type { Lookup } from './lookup.ts';
import { Lookups } from './lookups.ts';
import { isWithin } from './name.ts';
import { type GuestNames, Names, type OwnName } from './names.ts';
import { type QueryRecord, recordOf } from './query-record.ts';
import { largestAnswer, type Question, readQuestion } from './question.ts';

const CACHE = { entries: 4_096, bytes: 4 * 1024 * 1024 } as const;
const OPCODE_SHIFT = 11;
/** Bytes of a message over TCP. */
const LONGEST_MESSAGE = 65_535;

export interface DnsOptions extends DnsConfig {
  /** The host's resolvers, in their order; the first eight count. Called for every question: the list may change. */
  readonly upstreams: () => readonly Endpoint[];
  /** Who knows guests by name. */
  readonly guests?: GuestNames;
  /** Hears of every question that was answered. */
  readonly log?: (record: QueryRecord) => void;
}

export interface DnsServer extends Service {
  /** Counters by name. */
  stats(): Record<string, number>;
  /** Every name of our own, but those of guests. */
  names(): OwnName[];
  /**
   * Gives a name its addresses, 64 at most and in place of those it had, from the next question on. Throws ConfigError for what is no
   * name or address, for one of the network's own names, and beyond 1,024.
   */
  setName(name: string, addresses: readonly string[]): void;
  /** False: it is none of our own. Throws ConfigError for one of the network's own. */
  removeName(name: string): boolean;
  /** Forgets the answers of resolvers. Returns how many there were. */
  forget(): number;
}

/** Throws ConfigError where dnsServer() would. */
export function checkDns(config: DnsConfig): void {
  dnsSettings(config);
}

/** Throws ConfigError. */
export function dnsServer(options: DnsOptions): DnsServer {
  return new Server(options);
}

const counters = {
  queries: 0,
  /** Of resolvers. */
  answers: 0,
  /** Of this network's own names. */
  local: 0,
  cacheHits: 0,
  cacheMisses: 0,
  /** All resolvers failed: the guest was told so. */
  failures: 0,
  /** Resolvers that were given up for the next one. */
  failovers: 0,
  /** Questions that were put to a resolver to learn whether it answers again. */
  probes: 0,
  /** Asked again by TCP, because the answer was too long for a datagram. */
  overTcp: 0,
  /** Cut to what the client takes. */
  truncated: 0,
  /** No question, or nothing that can be one. With a header it is told so. */
  malformed: 0,
  notImplemented: 0,
  /** Of names that nobody is to be asked for, and zone transfers. */
  refused: 0,
  /** Told SERVFAIL at once: this guest had too many questions under way. */
  limited: 0,
  /** A question that is under way already, from the same client; or from others. */
  repeated: 0,
  joined: 0,
  /** Messages to our sockets that answer nothing: late, or forged. */
  unrelated: 0,
  /** Given up because there were too many. */
  evicted: 0,
  /** Connections of guests; and those that were not taken, because there were too many. */
  connections: 0,
  connectionsRefused: 0,
};

class Server implements DnsServer {
  readonly name: string = 'dns';
  readonly egress: boolean = true;
  readonly bindings: readonly Binding[] = [
    { protocol: 'udp', port: Dns.PORT, at: 'nameserver' },
    { protocol: 'tcp', port: Dns.PORT, at: 'nameserver' },
  ];
  readonly #settings: DnsSettings;
  readonly #options: DnsOptions;
  readonly #health: Health = new Health();
  readonly #cache: Cache | null;
  readonly #streams: GuestStreams;
  readonly #stats: typeof counters = { ...counters };
  #net!: ServiceNet;
  #names!: Names;
  #lookups!: Lookups;
  /** Whom answers in the cache come from. */
  #system: string = '';

  constructor(options: DnsOptions) {
    this.#options = options;
    this.#settings = dnsSettings(options);
    this.#cache = this.#settings.cache ? new Cache(CACHE) : null;
    this.#streams = new GuestStreams((from, b, at, end, answer, now) => {
      this.#take({ guest: from.copy(), stream: true, answer }, b, at, end, now);
    });
  }

  start(net: ServiceNet): void {
    this.#net = net;
    const { maxPending, maxPendingOfGuest } = this.#settings;
    const { host, random } = net;
    this.#names = new Names({ ...this.#settings, guests: this.#options.guests ?? null }, net.network);
    this.#lookups = new Lookups({
      ...{ host, random, maxPending, maxPendingOfGuest },
      health: this.#health,
      stats: this.#stats,
      done: (l, answer, from, now) => this.#done(l, answer, from, now),
    });
  }

  stats(): Record<string, number> {
    const { size: cached = 0, bytes: cachedBytes = 0, evicted: cacheEvicted = 0 } = this.#cache ?? {};
    return {
      ...this.#stats,
      pending: this.#lookups.size,
      streams: this.#streams.size,
      cached,
      cachedBytes,
      cacheEvicted,
    };
  }

  names(): OwnName[] {
    return this.#names.list();
  }

  setName(name: string, addresses: readonly string[]): void {
    const read = readHost(name, addresses);
    this.#names.set(read.name, read.addresses);
  }

  removeName(name: string): boolean {
    return this.#names.remove(readHost(name, []).name);
  }

  forget(): number {
    return this.#cache?.clear() ?? 0;
  }

  received({ b, at, end, from, to }: Query, now: number): void {
    this.#streams.at(now);
    const [guest, asked] = [from.copy(), to.copy()];
    const answer = (bytes: Uint8Array | null, at: number): void => {
      if (bytes !== null) this.#net.send(asked, guest, null, bytes, 0, bytes.length, at);
    };
    this.#take({ guest, stream: false, answer }, b, at, end, now);
  }

  connect(from: Endpoint, _to: Endpoint, events: TcpEvents, now: number): TcpSocket | null {
    const stream = this.#streams.connect(from, events, now);
    if (stream === null) this.#stats.connectionsRefused++;
    else this.#stats.connections++;
    return stream;
  }

  flush(now: number): void {
    this.#streams.flush(now);
  }

  poll(now: number): void {
    this.#streams.poll(now);
    this.#lookups.poll(now);
  }

  deadline(): number {
    return Math.min(this.#streams.deadline(), this.#lookups.deadline());
  }

  close(): void {
    this.#lookups.close();
  }

  #take(asker: Asker, b: Uint8Array, at: number, end: number, now: number): void {
    if (end - at < Dns.HEADER || Dns.isResponse(b, at)) {
      this.#stats.malformed++; // no answer to an answer: two of us would talk for ever
      asker.answer(null, now);
      return;
    }
    const q = readQuestion(b, at, end);
    if (typeof q !== 'number') {
      this.#stats.queries++;
      this.#answer(q, asker, now);
      return;
    }
    if (q === Dns.Rcode.NOT_IMPLEMENTED) this.#stats.notImplemented++;
    else this.#stats.malformed++;
    asker.answer(bareError(b, at, q), now);
  }

  #answer(q: Question, asker: Asker, now: number): void {
    if (q.type === Dns.Type.AXFR || q.type === Dns.Type.IXFR) {
      this.#stats.refused++;
      this.#say(q, asker, refusal(q, Dns.Rcode.REFUSED), 'here', now, now);
      return;
    }
    const local = this.#names.answer(q, now);
    if (local !== null) {
      this.#stats.local++;
      this.#say(q, asker, localAnswer(q, local), 'here', now, now);
      return;
    }
    const upstreams = this.#upstreamsOf(q.name);
    if (upstreams.length === 0) {
      this.#stats.refused++;
      const zone = this.#domainOf(q.name)?.domain;
      const none = { rcode: Dns.Rcode.NAME, records: [] };
      // Nobody is to be asked; or somebody, and there is nobody
      const answer = zone === undefined ? refusal(q, Dns.Rcode.SERVER_FAILURE) : localAnswer(q, { ...none, zone });
      this.#say(q, asker, answer, 'here', now, now);
      return;
    }
    const known = q.plain && this.#cache !== null ? this.#cache.find(q, now) : null;
    if (known !== null) {
      this.#stats.cacheHits++;
      this.#say(q, asker, known, 'cache', now, now);
      return;
    }
    this.#stats.cacheMisses++;
    if (this.#lookups.ask(q, asker, upstreams, now)) return;
    this.#stats.limited++;
    this.#say(q, asker, refusal(q, Dns.Rcode.SERVER_FAILURE), null, now, now);
  }

  /** The longest one that fits. */
  #domainOf(name: string): Domain | undefined {
    return this.#settings.domains.find(({ domain }) => isWithin(name, domain));
  }

  #upstreamsOf(name: string): readonly Endpoint[] {
    const given = this.#domainOf(name)?.servers ?? this.#settings.servers;
    if (given !== null) return given;
    const list = this.#options.upstreams();
    const system = list.join();
    if (system !== this.#system) this.#cache?.clear(); // another network: its names may be others
    this.#system = system;
    return list;
  }

  #done(l: Lookup, answer: Uint8Array | null, from: Endpoint | null, now: number): void {
    if (l.waiters.length === 0) return; // a probe
    if (from === null || l.lastResort?.answer === answer) this.#stats.failures++;
    else {
      this.#stats.answers++;
      if (answer !== null) this.#cache?.store(l.question, answer, now);
    }
    for (const { asker, question } of l.waiters) {
      const bytes = answer?.slice() ?? refusal(question, Dns.Rcode.SERVER_FAILURE);
      Dns.setId(bytes, 0, Dns.id(question.message, 0));
      this.#say(question, asker, bytes, from, l.beganAt, now);
    }
  }

  #say(q: Question, asker: Asker, answer: Uint8Array, by: QueryRecord['by'], began: number, now: number): void {
    const bytes = fitted(q, answer, asker.stream ? LONGEST_MESSAGE : largestAnswer(q));
    if (bytes !== answer) this.#stats.truncated++;
    asker.answer(bytes, now);
    this.#options.log?.(recordOf(q, bytes, { guest: asker.guest, overTcp: asker.stream, by, took: now - began }));
  }
}

/** RFC 1035 4.1.1: to what cannot be understood. Nothing of it is repeated but identifier and opcode. */
function bareError(b: Uint8Array, at: number, rcode: number): Uint8Array {
  const answer = new Uint8Array(Dns.HEADER);
  const flags = Dns.Flag.RESPONSE | Dns.Flag.RA | (Dns.opcode(b, at) << OPCODE_SHIFT) | rcode;
  Dns.emit(answer, 0, Dns.id(b, at), flags, 0);
  return answer;
}
