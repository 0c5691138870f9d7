// Answers that may be given again, RFC 1035 7.4 and RFC 2308: bytes as they came, whose identifier, name (in the client's case) and TTLs
// are written anew.
//
// Kept is what is understood to its last byte: one question of class IN, every record whole, nothing behind them, no truncation,
// NOERROR or NXDOMAIN, and no TTL of 0. Without answers there has to be a SOA record. It is told again only to clients
// that asked the same: DO, AD, CD and EDNS or none are part of the key. EDNS options belong to one exchange, and are left out.
// The AA bit is gone: it was another's authority.
import { put16, put32 } from '@reslirp/wire/bytes';
import * as Dns from '@reslirp/wire/dns';
import * as Records from '@reslirp/wire/dns-records';
import type { Question } from './question.ts';

/** Seconds. RFC 8767 4 for the first, RFC 2308 5 for the second. */
const LONGEST = 86_400;
const LONGEST_NEGATIVE = 3_600;
/** What an entry costs beside its bytes, about. */
const OVERHEAD = 200;
/** MINIMUM at the end of a SOA record (RFC 1035 3.3.13), behind four other numbers and at least two names. */
const SOA_LEAST = 22;
/** RFC 8945, RFC 2931: they sign one message. */
const SIGNATURES: ReadonlySet<number> = new Set([250, 24]);

export interface CacheLimits {
  readonly entries: number;
  /** What all of them may take together. */
  readonly bytes: number;
}

interface Entry {
  readonly bytes: Uint8Array;
  /** Offsets of the TTLs in it. */
  readonly ttls: readonly number[];
  readonly storedAt: number;
  readonly until: number;
}

/** What is known of an answer once it has been walked through. */
interface Reading {
  readonly ttls: number[];
  least: number;
  /** The same of a SOA record in the authority section, and where it is; -1: none. */
  negative: number;
  soa: number;
  /** Of the OPT record behind all others: what follows its name; -1: none. */
  opt: number;

  keep: boolean;
}

export class Cache {
  readonly #limits: CacheLimits;
  /** The longest idle first. */
  readonly #entries: Map<string, Entry> = new Map();
  #bytes: number = 0;
  /** Entries that had to go for others. */
  evicted: number = 0;

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The answer for `q` as of `now`, milliseconds; null when there is none. */
  find(q: Question, now: number): Uint8Array | null {
    const key = keyOf(q);
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    this.#entries.delete(key);
    if (entry.until <= now) {
      this.#bytes -= cost(entry);
      return null;
    }
    this.#entries.set(key, entry);
    const answer = entry.bytes.slice();
    answer.set(q.message.subarray(Dns.HEADER, q.end), Dns.HEADER);
    Dns.setId(answer, 0, Dns.id(q.message, 0));
    const age = Math.floor((now - entry.storedAt) / 1_000);
    for (const at of entry.ttls) put32(answer, at, Math.max(0, Records.ttl(answer, at - Records.TTL) - age));
    return answer;
  }

  /** Keeps the answer to `q` when it may be given again. Its question is q's, which the caller has seen to. */
  store(q: Question, answer: Uint8Array, now: number): void {
    const seconds = q.plain ? lifetime(q, answer) : null;
    if (seconds === null) return;
    const { bytes, ttls } = seconds;
    const entry: Entry = { bytes, ttls, storedAt: now, until: now + seconds.ttl * 1_000 };
    if (cost(entry) > this.#limits.bytes) return;
    const key = keyOf(q);
    this.#remove(key);
    this.#entries.set(key, entry);
    this.#bytes += cost(entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) return;
      this.#remove(oldest);
      this.evicted++;
    }
  }

  /** Returns how many there were. */
  clear(): number {
    const { size } = this.#entries;
    this.#entries.clear();
    this.#bytes = 0;
    return size;
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= cost(entry);
  }
}

function cost({ bytes }: Entry): number {
  return bytes.length + OVERHEAD;
}

function keyOf({ name, type, message, edns }: Question): string {
  const bits = Dns.flags(message, 0) & (Dns.Flag.AD | Dns.Flag.CD);
  return `${type} ${bits} ${edns === null ? '-' : edns.dnssecOk ? 'do' : 'e'} ${name}`;
}

/** The bytes to keep, and for how many seconds; null: not at all. */
function lifetime(q: Question, answer: Uint8Array): { bytes: Uint8Array; ttls: readonly number[]; ttl: number } | null {
  const rcode = Dns.rcode(answer, 0);
  if (rcode !== Dns.Rcode.NO_ERROR && rcode !== Dns.Rcode.NAME) return null;
  if (Dns.truncated(answer, 0) || Dns.qdCount(answer, 0) !== 1) return null;
  const r = read(answer, q.end);
  if (r === null || !r.keep || (r.opt >= 0 && q.edns === null)) return null;
  const isNegative = rcode === Dns.Rcode.NAME || Dns.anCount(answer, 0) === 0;
  if (isNegative && r.soa < 0) return null; // RFC 2308 5
  const ttl = Math.min(r.least, r.negative, isNegative ? LONGEST_NEGATIVE : LONGEST);
  if (ttl <= 0 || ttl === Infinity) return null;
  const bytes = withoutOptions(answer, r);
  if (r.soa >= 0 && r.negative !== Infinity) put32(bytes, r.soa + Records.TTL, r.negative);
  Dns.setFlags(bytes, 0, Dns.flags(bytes, 0) & ~Dns.Flag.AUTHORITATIVE);
  return { bytes, ttls: r.ttls, ttl };
}

function read(b: Uint8Array, questionEnd: number): Reading | null {
  const r: Reading = { ttls: [], least: Infinity, negative: Infinity, soa: -1, opt: -1, keep: true };
  const last = Records.walk(b, 0, b.length, questionEnd, (section, fixed, next) => {
    if (r.opt >= 0) r.keep = false; // the OPT record is the last one, or something here is not understood
    const type = Records.type(b, fixed);
    if (SIGNATURES.has(type)) r.keep = false;
    if (type === Dns.Type.OPT) {
      r.opt = fixed;
      if (section !== Records.Section.ADDITIONAL || Records.extension(b, fixed) >>> 16 !== 0) r.keep = false;
      return;
    }
    r.ttls.push(fixed + Records.TTL);
    r.least = Math.min(r.least, Records.ttl(b, fixed));
    if (section === Records.Section.AUTHORITY && type === Dns.Type.SOA) noteSoa(r, b, fixed, next);
  });
  return last === b.length ? r : null;
}

/** RFC 2308 5: what is not there is so for the lesser of the SOA record's TTL and its MINIMUM. */
function noteSoa(r: Reading, b: Uint8Array, fixed: number, next: number): void {
  if (Records.dataLength(b, fixed) < SOA_LEAST) {
    r.keep = false;
    return;
  }
  r.soa = fixed;
  r.negative = Math.min(Records.ttl(b, fixed), Records.ttl(b, next - 4 - Records.TTL));
}

function withoutOptions(b: Uint8Array, { opt }: Reading): Uint8Array {
  if (opt < 0) return b.slice();
  const bytes = b.slice(0, opt + Records.FIXED);
  put16(bytes, opt + 8, 0);
  return bytes;
}
