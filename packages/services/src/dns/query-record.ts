// What became of one question, for a log.
import type { Endpoint } from '@reslirp/stack/endpoint';
import * as Dns from '@reslirp/wire/dns';
import type { Question } from './question.ts';

export interface QueryRecord {
  readonly guest: Endpoint;
  readonly overTcp: boolean;
  /** Printable, whatever the guest sent. */
  readonly name: string;
  readonly type: number;
  readonly rcode: number;
  /** In the answer section. */
  readonly answers: number;
  readonly truncated: boolean;
  /** The resolver that answered; null: nobody did, for whoever was asked. */
  readonly by: Endpoint | 'cache' | 'here' | null;
  /** From the question to the answer, milliseconds. */
  readonly took: number;
}

const RCODES: readonly string[] = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const TYPES: ReadonlyMap<number, string> = new Map(Object.entries(Dns.Type).map(([name, n]) => [n, name]));

export function recordOf(
  q: Question,
  answer: Uint8Array,
  { guest, overTcp, by, took }: Pick<QueryRecord, 'guest' | 'overTcp' | 'by' | 'took'>,
): QueryRecord {
  const [rcode, answers, truncated] = [Dns.rcode(answer, 0), Dns.anCount(answer, 0), Dns.truncated(answer, 0)];
  return { guest, overTcp, name: q.name === '' ? '.' : q.name, type: q.type, rcode, answers, truncated, by, took };
}

/** One line: 10.0.2.15 asks A example.org: NOERROR, 2 answers, from 192.0.2.1:53 in 12 ms. */
export function describeQuery(r: QueryRecord): string {
  const type = TYPES.get(r.type) ?? `TYPE${r.type}`; // RFC 3597 5
  const rcode = RCODES[r.rcode] ?? `rcode ${r.rcode}`;
  const answers = r.answers === 0 ? '' : `, ${r.answers} answer${r.answers === 1 ? '' : 's'}`;
  const source = r.by === null ? 'nobody answered' : typeof r.by === 'string' ? SOURCES[r.by] : `from ${r.by}`;
  const how = `${r.overTcp ? ' by TCP' : ''}`;
  const cut = r.truncated ? ', truncated' : '';
  return `${r.guest.address()} asks${how} ${type} ${r.name}: ${rcode}${answers}${cut}, ${source}, ${Math.round(r.took)} ms`;
}

const SOURCES = { cache: 'from the cache', here: 'from here' } as const;
