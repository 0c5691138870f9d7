// Answers that are ours: of local names, refusals, and those that do not fit a datagram.

import { put16, put32 } from '@reslirp/wire/bytes';
import * as Dns from '@reslirp/wire/dns';
import * as Records from '@reslirp/wire/dns-records';
import type { Question } from './question.ts';

/** How long what we say may be believed, seconds: guests come and go. */
export const LOCAL_TTL = 30;
/** RFC 9715 3.1: what we would take ourselves. */
const OUR_SIZE = 1_232;
const BADVERS = 16;
const COMPRESSED = 0xc000;
const OPT_SIZE = 11;
const SOA_REFRESH = 3_600;
const SOA_RETRY = 600;
const SOA_EXPIRE = 86_400;

/** A record of the name that was asked for. */
export interface LocalRecord {
  readonly type: number;
  readonly data: Uint8Array;
}

export interface LocalAnswer {
  readonly rcode: number;
  readonly records: readonly LocalRecord[];
  /** Without records, RFC 2308: the zone that says so, which the name lies in. */
  readonly zone: string;
}

/** A response without records: opcode, RD, CD and the question stay. `message` is a query with a whole header. */
export function refusal({ message }: Pick<Question, 'message'>, rcode: number): Uint8Array {
  const answer = message.slice();
  return answer.subarray(0, Dns.refuse(answer, 0, answer.length, rcode));
}

/** The authoritative answer of this network. */
export function localAnswer(q: Question, { rcode, records, zone }: LocalAnswer): Uint8Array {
  const isNegative = records.length === 0;
  const soa = isNegative ? soaRecord(q, zone) : [];
  const answers = records.map(({ type, data }) => record(Dns.HEADER, type, data));
  const opt = optRecord(q);
  const badVersion = q.edns !== null && q.edns.version !== 0;
  const body = badVersion ? [...opt] : [...answers, ...soa, ...opt];
  const answer = new Uint8Array(q.end + body.reduce((sum, { length }) => sum + length, 0));
  answer.set(q.message.subarray(0, q.end));
  const asked = Dns.flags(q.message, 0) & (Dns.Flag.RD | Dns.Flag.CD);
  const own = Dns.Flag.RESPONSE | Dns.Flag.AUTHORITATIVE | Dns.Flag.RA;
  Dns.emit(answer, 0, Dns.id(q.message, 0), own | asked | (badVersion ? 0 : rcode), 1);
  Dns.setCounts(answer, 0, badVersion ? 0 : answers.length, badVersion ? 0 : soa.length, opt.length);
  let p = q.end;
  for (const bytes of body) {
    answer.set(bytes, p);
    p += bytes.length;
  }
  return answer;
}

/** A SOA record by itself, for whoever asks for that. `zone` is a suffix of the name that was asked for. */
export function soaData(q: Question, zone: string): Uint8Array {
  const apex = zonePointer(q, zone);
  const b = new Uint8Array(2 + 13 + 20);
  put16(b, 0, apex);
  b[2] = 10;
  for (let i = 0; i < 10; i++) b[3 + i] = 'hostmaster'.charCodeAt(i);
  put16(b, 13, apex);
  const numbers = [1, SOA_REFRESH, SOA_RETRY, SOA_EXPIRE, LOCAL_TTL];
  for (const [i, n] of numbers.entries()) put32(b, 15 + 4 * i, n);
  return b;
}

function soaRecord(q: Question, zone: string): Uint8Array[] {
  return [record(zonePointer(q, zone) & ~COMPRESSED, Dns.Type.SOA, soaData(q, zone))];
}

/** RFC 1035 4.1.4: a pointer to where `zone` begins within the question's name. */
function zonePointer(q: Question, zone: string): number {
  const labels = zone === '' ? 0 : zone.split('.').length;
  let p = Dns.HEADER;
  let left = q.name === '' ? 0 : q.name.split('.').length;
  for (; left > labels; left--) p += 1 + q.message[p]!;
  return COMPRESSED | p;
}

/** `owner`: where the record's name is in the message already. */
function record(owner: number, type: number, data: Uint8Array): Uint8Array {
  const b = new Uint8Array(2 + Records.FIXED + data.length);
  put16(b, 0, COMPRESSED | owner);
  put16(b, 2, type);
  put16(b, 4, Dns.Class.IN);
  put32(b, 6, LOCAL_TTL);
  put16(b, 10, data.length);
  b.set(data, 12);
  return b;
}

/** RFC 6891 6.1.1: for a client that has one. DO is copied (RFC 3225 3). */
function optRecord({ edns }: Question): Uint8Array[] {
  if (edns === null) return [];
  const b = new Uint8Array(OPT_SIZE);
  put16(b, 1, Dns.Type.OPT);
  put16(b, 3, OUR_SIZE);
  if (edns.version !== 0) b[5] = BADVERS >>> 4;
  if (edns.dnssecOk) put16(b, 7, Records.DNSSEC_OK);
  return [b];
}

/**
 * The answer itself when it is no longer than `limit`; else what says so (RFC 2181 9): TC, the question, and the answer's OPT
 * record, without its options.
 */
export function fitted(q: Question, answer: Uint8Array, limit: number): Uint8Array {
  if (answer.length <= limit) return answer;
  const end = Dns.questionsEnd(answer, 0, answer.length);
  if (end < 0) return answer;
  let opt = -1;
  Records.walk(answer, 0, answer.length, end, (section, fixed) => {
    if (section === Records.Section.ADDITIONAL && Records.type(answer, fixed) === Dns.Type.OPT) opt = fixed;
  });
  const keepsOpt = opt >= 0 && q.edns !== null;
  const short = new Uint8Array(end + (keepsOpt ? OPT_SIZE : 0));
  short.set(answer.subarray(0, end));
  if (keepsOpt) short.set(answer.subarray(opt, opt + 8), end + 1); // the root's name before it, no options behind it
  Dns.setFlags(short, 0, Dns.flags(answer, 0) | Dns.Flag.TRUNCATED);
  Dns.setCounts(short, 0, 0, 0, keepsOpt ? 1 : 0);
  return short;
}
