import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guarded, hex, hostile, spot, u16 } from '../test/spot.ts';
import * as Dns from './dns.ts';

/** A query for WwW.example. A, RD and CD set. */
const QUERY = hex('abcd 0110 0001 0000 0000 0000 03577757 076578616d706c65 00 0001 0001');

function query(name: string, type: number = Dns.Type.A, id: number = 1): Uint8Array {
  const b = new Uint8Array(600);
  const end = Dns.emitQuestion(b, Dns.emit(b, 0, id, Dns.Flag.RD, 1), b.length, name, type);
  expect(end).toBeGreaterThan(0);
  return b.slice(0, end);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Dns.sameQuestion(a, 0, a.length, b, 0, b.length);
}

describe('a message', () => {
  it('is read', () => {
    const b = QUERY;
    expect(Dns.check(b, 0, b.length)).toBe(Dns.Malformed.NO);
    expect([Dns.id(b, 0), Dns.isResponse(b, 0), Dns.opcode(b, 0), Dns.rcode(b, 0)]).toEqual([0xabcd, false, 0, 0]);
    expect([Dns.qdCount(b, 0), Dns.anCount(b, 0), Dns.truncated(b, 0)]).toEqual([1, 0, false]);
    const afterName = Dns.nameEnd(b, Dns.HEADER, b.length);
    expect([Dns.questionType(b, afterName), Dns.questionClass(b, afterName)]).toEqual([Dns.Type.A, Dns.Class.IN]);
    expect(Dns.questionsEnd(b, 0, b.length)).toBe(b.length);
  });

  it.each<[string, Uint8Array, number]>([
    ['without a whole header', QUERY.slice(0, 11), Dns.Malformed.SHORT],
    ['whose question ends in its name', QUERY.slice(0, 20), Dns.Malformed.QUESTION],
    ['whose question ends in its class', QUERY.slice(0, -1), Dns.Malformed.QUESTION],
    ['with a compressed name', hex('0001 0100 0001 0000 0000 0000 c00c 0001 0001'), Dns.Malformed.QUESTION],
    ['with fewer questions than it says', hex('0001 0100 0002 0000 0000 0000 00 0001 0001'), Dns.Malformed.QUESTION],
  ])('%s is refused', (_what, b, why) => {
    expect(Dns.check(b, 0, b.length)).toBe(why);
  });

  it('comes back as it was emitted', () => {
    const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,63}$/);
    const name = fc.array(label, { maxLength: 5 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(spot(400), name, u16, u16, fc.boolean(), (s, text, id, type, dot) => {
        fc.pre(text.length <= 253);
        const b = guarded(s);
        const end = Dns.emitQuestion(b, Dns.emit(b, s.at, id, 0, 1), s.end, dot ? `${text}.` : text, type);
        expect(Dns.check(b, s.at, end)).toBe(Dns.Malformed.NO);
        expect(Dns.questionsEnd(b, s.at, end)).toBe(end);
        const afterName = Dns.nameEnd(b, s.at + Dns.HEADER, end);
        expect([Dns.id(b, s.at), Dns.questionType(b, afterName)]).toEqual([id, type]);
        const labels: string[] = [];
        for (let p = s.at + Dns.HEADER; b[p] !== 0; p += 1 + b[p]!)
          labels.push(String.fromCharCode(...s.b.slice(p + 1, p + 1 + b[p]!)));
        expect(labels.join('.')).toBe(text);
      }),
    );
  });

  it('takes no name that is none', () => {
    const b = new Uint8Array(600);
    const none = ['a..b', '.a', 'a'.repeat(64), `${'abcdefg.'.repeat(31)}abcdefg`, 'ä.example', '..'];
    expect(none.map((name) => Dns.emitQuestion(b, 0, 600, name, 1))).toEqual(none.map(() => -1));
    expect(Dns.emitQuestion(b, 0, 16, 'example.de', 1)).toBe(16);
    expect(Dns.emitQuestion(b, 0, 15, 'example.de', 1)).toBe(-1);
    expect(['', '.'].map((root) => Dns.emitQuestion(b, 0, 5, root, 1))).toEqual([5, 5]);
  });

  it('takes the longest name there is: 255 bytes (RFC 1035 2.3.4)', () => {
    const longest = `${'abcdefg.'.repeat(31)}abcde`;
    const b = query(longest);
    expect([b.length, Dns.check(b, 0, b.length)]).toEqual([Dns.HEADER + 255 + 4, Dns.Malformed.NO]);
    const longer = Uint8Array.from([...b.slice(0, 12 + 248), 6, ...hex('616263646566 00 0001 0001')]);
    expect(Dns.check(longer, 0, longer.length)).toBe(Dns.Malformed.QUESTION);
  });
});

describe('an answer is believed only for its question (RFC 5452 9.1)', () => {
  it('names alike but for the case', () => {
    expect(same(QUERY, query('wWw.EXAMPLE'))).toBe(true);
    expect(same(query('a.b'), query('a.b.'))).toBe(true);
  });

  it.each<[string, Uint8Array, Uint8Array]>([
    ['another name', query('www.example'), query('www.examplf')],
    ['a longer name', query('www.example'), query('www.example.x')],
    ['other labels', query('ab.c'), query('a.bc')],
    ['another type', query('www.example'), query('www.example', Dns.Type.AAAA)],
    ['a type that folds like a letter', query('a', 0x41), query('a', 0x61)],
    ['another class', query('a'), query('a').fill(3, -1)],
    ['no question', query('a'), hex('0001 8100 0000 0000 0000 0000')],
    ['@ is no `', query('@'), query('`')],
    ['[ is no {', query('['), query('{')],
  ])('%s is another', (_what, a, b) => {
    expect([same(a, b), same(b, a)]).toEqual([false, false]);
  });
});

it('refusing keeps id, opcode, RD, CD and question, and drops what follows', () => {
  const b = Uint8Array.from([...QUERY, 1, 2, 3]);
  b[2] = 0x79; // opcode 15, TC 0, RD
  const end = Dns.refuse(b, 0, b.length, Dns.Rcode.SERVER_FAILURE);
  expect(end).toBe(QUERY.length);
  expect(b.slice(0, 12)).toEqual(hex('abcd f992 0001 0000 0000 0000'));
  expect(b.slice(12, end)).toEqual(QUERY.slice(12));
});

it('survives any bytes', () => {
  const two = Uint8Array.from([...QUERY.slice(0, 5), 2, ...QUERY.slice(6), ...QUERY.slice(12)]);
  fc.assert(
    fc.property(hostile(two), hostile(two), (s, t) => {
      const [a, b] = [guarded(s), guarded(t)];
      const whole = [Dns.check(a, s.at, s.end), Dns.check(b, t.at, t.end)];
      if (whole.every((malformed) => malformed === Dns.Malformed.NO)) Dns.sameQuestion(a, s.at, s.end, b, t.at, t.end);
      if (whole[0] === Dns.Malformed.NO) expect(Dns.refuse(a, s.at, s.end, 2)).toBeLessThanOrEqual(s.end);
    }),
    { numRuns: 500 },
  );
});
