// DNS messages by hand, RFC 1035 4.1. No code is shared with the forwarder.

export const NO_ERROR = 0;
export const FORMERR = 1;
export const SERVFAIL = 2;
export const NXDOMAIN = 3;
export const NOTIMP = 4;
export const REFUSED = 5;

export const A = 1;
export const AAAA = 28;
export const SOA = 6;
export const PTR = 12;
export const TXT = 16;

export interface QueryFields {
  readonly type?: number;
  /** RD alone: 0x0100. */
  readonly flags?: number;
  /** EDNS: the size of UDP messages that the client takes (RFC 6891 6.1.2). */
  readonly edns?: number;
}

export function question(name: string, type: number): number[] {
  const labels = name.split('.').filter((label) => label !== '');
  const wire = labels.flatMap((label) => [label.length, ...[...label].map((c) => c.charCodeAt(0))]);
  return [...wire, 0, type >>> 8, type & 0xff, 0, 1];
}

export function query(id: number, name: string, { type = A, flags = 0x0100, edns }: QueryFields = {}): Uint8Array {
  const opt = edns === undefined ? [] : [0, 0, 41, edns >>> 8, edns & 0xff, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([
    ...[id >>> 8, id & 0xff, flags >>> 8, flags & 0xff],
    ...[0, 1, 0, 0, 0, 0, 0, edns === undefined ? 0 : 1],
    ...question(name, type),
    ...opt,
  ]);
}

/** What a resolver makes of a query: QR and RA set, `rcode`, and `records` of any bytes behind the question. */
export function answer(to: Uint8Array, rcode: number = NO_ERROR, records: Uint8Array = new Uint8Array(0)): Uint8Array {
  const b = new Uint8Array(to.length + records.length);
  b.set(to);
  b.set(records, to.length);
  b[2] = 0x81;
  b[3] = 0x80 | rcode;
  b[7] = records.length > 0 ? 1 : 0;
  return b;
}

export interface Sections {
  readonly rcode?: number;
  readonly flags?: number;
  /** Records as record() makes them. */
  readonly answers?: readonly (readonly number[])[];
  readonly authority?: readonly (readonly number[])[];
  readonly additional?: readonly (readonly number[])[];
}

/** A whole answer to a query without EDNS. */
export function response(to: Uint8Array, sections: Sections = {}): Uint8Array {
  const { rcode = NO_ERROR, flags = 0x81_80, answers = [], authority = [], additional = [] } = sections;
  const all = [...answers, ...authority, ...additional].flat();
  const b = Uint8Array.of(...to, ...all);
  b.set([(flags >>> 8) | 0, (flags & 0xf0) | rcode], 2);
  b.set([0, answers.length, 0, authority.length, 0, additional.length], 6);
  return b;
}

/** A record of the name in the question. */
export function record(type: number, ttl: number, data: readonly number[]): number[] {
  return [0xc0, 12, type >>> 8, type & 0xff, 0, 1, ...be32(ttl), data.length >>> 8, data.length & 0xff, ...data];
}

/** Data of a SOA record: two names, and five numbers of which MINIMUM is the last. */
export function soa(minimum: number): number[] {
  return [0xc0, 12, 0xc0, 12, ...[1, 2, 3, 4, minimum].flatMap(be32)];
}

function be32(n: number): number[] {
  return [n >>> 24, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff];
}

export function idOf(b: Uint8Array): number {
  return (b[0]! << 8) | b[1]!;
}

export function withId(b: Uint8Array, id: number): Uint8Array {
  return Uint8Array.of(id >>> 8, id & 0xff, ...b.subarray(2));
}

export function rcodeOf(b: Uint8Array): number {
  return b[3]! & 15;
}
