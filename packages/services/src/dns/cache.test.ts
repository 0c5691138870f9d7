import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as M from '../../test/dns-message.ts';
import { Cache } from './cache.ts';
import { type Question, readQuestion } from './question.ts';

const LIMITS = { entries: 100, bytes: 100_000 };
const Q = M.query(77, 'example.org');
const ADDRESS = [192, 0, 2, 7];
/** Offset of the first record's TTL. */
const TTL = Q.length + 6;

function question(bytes: Uint8Array = Q): Question {
  const q = readQuestion(bytes, 0, bytes.length);
  if (typeof q === 'number') throw new Error(`rcode ${q}`);
  return q;
}

/** What is known of `q` so long after the answer to it. */
function after(seconds: number, answer: Uint8Array, q: Uint8Array = Q): Uint8Array | null {
  const cache = new Cache(LIMITS);
  cache.store(question(q), answer, 1_000);
  return cache.find(question(q), 1_000 + seconds * 1_000);
}

describe('an answer', () => {
  const whole = M.response(Q, { answers: [M.record(M.A, 60, ADDRESS), M.record(M.A, 40, ADDRESS)] });

  it('is told again, its TTLs less by its age, for as long as the least of them', () => {
    expect(after(0, whole)).toEqual(whole);
    const older = after(39.9, whole)!;
    expect([older[TTL + 3], older[TTL + 16 + 3]]).toEqual([21, 1]);
    expect(after(40, whole)).toBeNull();
  });

  it('is told under the identifier and in the case of whoever asks', () => {
    const cache = new Cache(LIMITS);
    cache.store(question(), whole, 0);
    const other = M.query(5, 'EXAMPLE.org');
    expect(cache.find(question(other), 0)?.subarray(0, Q.length)).toEqual(M.response(other, { answers: [[], []] }));
  });

  it('has no authority of ours', () => {
    const flags = 0x85_80;
    expect(after(0, M.response(Q, { flags, answers: [M.record(M.A, 60, ADDRESS)] }))![2]).toBe(0x81);
  });

  it('of a resolver without EDNS is kept for those who have it', () => {
    const q = M.query(77, 'example.org', { edns: 1_232 });
    const cache = new Cache(LIMITS);
    cache.store(question(q), whole, 0);
    expect(cache.find(question(q), 0)).toEqual(whole);
  });

  it('is kept for a day at most', () => {
    const long = M.response(Q, { answers: [M.record(M.A, 0x7fff_ffff, ADDRESS)] });
    expect([after(86_399, long) === null, after(86_400, long)]).toEqual([false, null]);
  });

  const one = M.record(M.A, 60, ADDRESS);
  it.each<[string, Uint8Array]>([
    ['SERVFAIL', M.response(Q, { rcode: M.SERVFAIL, answers: [one] })],
    ['a truncated one', M.response(Q, { flags: 0x83_80, answers: [one] })],
    ['a TTL of 0', M.response(Q, { answers: [one, M.record(M.A, 0, ADDRESS)] })],
    ['a TTL with its top bit, which is 0', M.response(Q, { answers: [M.record(M.A, 0x8000_0001, ADDRESS)] })],
    ['a record cut short', M.response(Q, { answers: [one] }).subarray(0, -1)],
    ['bytes behind the records', Uint8Array.of(...M.response(Q, { answers: [one] }), 0)],
    ['a signature of the message', M.response(Q, { answers: [one], additional: [M.record(250, 60, [])] })],
    [
      'an OPT record for a client without',
      M.response(Q, { answers: [one], additional: [[0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 0]] }),
    ],
    ['no records and no SOA', M.response(Q)],
    ['a SOA that is too short', M.response(Q, { authority: [M.record(M.SOA, 60, [0, 0, 1])] })],
  ])('with %s is not kept', (_what, answer) => {
    expect(after(0, answer)).toBeNull();
  });

  it('of any bytes is kept only as what it is', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
        (tail, counts) => {
          const answer = Uint8Array.of(...M.response(Q), ...tail);
          for (const [i, n] of counts.entries()) answer[7 + 2 * i] = n;
          const told = after(1, answer);
          expect(told === null || told.length <= answer.length).toBe(true);
        },
      ),
    );
  });
});

describe('what is not there, RFC 2308 5', () => {
  it.each([
    ['no such name', M.NXDOMAIN, 300, 30],
    ['no such type', M.NO_ERROR, 300, 30],
    ['a SOA that lives shorter than its MINIMUM', M.NXDOMAIN, 30, 300],
  ])('%s: for the lesser of TTL and MINIMUM', (_what, rcode, ttl, minimum) => {
    const answer = M.response(Q, { rcode, authority: [M.record(M.SOA, ttl, M.soa(minimum))] });
    expect(after(29, answer)![TTL + 3]).toBe(1);
    expect(after(30, answer)).toBeNull();
  });

  it('for an hour at most', () => {
    const answer = M.response(Q, { rcode: M.NXDOMAIN, authority: [M.record(M.SOA, 80_000, M.soa(80_000))] });
    expect([after(3_599, answer) === null, after(3_600, answer)]).toEqual([false, null]);
  });
});

describe('those who ask otherwise', () => {
  const DO = M.query(77, 'example.org', { edns: 1_232 });
  DO[DO.length - 4] = 0x80;
  it.each<[string, Uint8Array]>([
    ['another type', M.query(77, 'example.org', { type: M.AAAA })],
    ['another name', M.query(77, 'example.net')],
    ['CD', M.query(77, 'example.org', { flags: 0x0110 })],
    ['AD', M.query(77, 'example.org', { flags: 0x0120 })],
    ['EDNS', M.query(77, 'example.org', { edns: 1_232 })],
    ['DO', DO],
  ])('with %s are told nothing of it', (_what, other) => {
    const cache = new Cache(LIMITS);
    cache.store(question(), M.response(Q, { answers: [M.record(M.A, 60, ADDRESS)] }), 0);
    expect(cache.find(question(other), 0)).toBeNull();
  });
});

describe('there is room', () => {
  const fill = (cache: Cache, n: number): void => {
    for (let i = 0; i < n; i++) {
      const q = M.query(1, `n${i}.example.org`);
      cache.store(question(q), M.response(q, { answers: [M.record(M.A, 60, ADDRESS)] }), 0);
    }
  };
  const has = (cache: Cache, i: number): boolean => cache.find(question(M.query(1, `n${i}.example.org`)), 0) !== null;

  it('for so many entries, and the longest unused goes', () => {
    const cache = new Cache({ ...LIMITS, entries: 3 });
    fill(cache, 3);
    expect(has(cache, 0)).toBe(true);
    fill(cache, 4);
    expect([cache.size, has(cache, 3), cache.evicted > 0]).toEqual([3, true, true]);
  });

  it('for so many bytes', () => {
    const cache = new Cache({ ...LIMITS, bytes: 1_000 });
    fill(cache, 50);
    expect(cache.bytes).toBeLessThanOrEqual(1_000);
    expect([cache.size > 0, has(cache, 49), has(cache, 0)]).toEqual([true, true, false]);
  });

  it('and none is lost', () => {
    const cache = new Cache(LIMITS);
    fill(cache, 5);
    fill(cache, 5);
    for (let i = 0; i < 5; i++) cache.find(question(M.query(1, `n${i}.example.org`)), 60_000);
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });
});
