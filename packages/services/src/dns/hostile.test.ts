// What a guest can send that is no question, and more questions than there is room for.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, B, Bench, QUERY, SIX, said } from '../../test/dns-bench.ts';
import * as M from '../../test/dns-message.ts';
import type { Sent } from '../../test/fake-net.ts';

describe('what is no question', () => {
  it.each([
    ['half a header', QUERY.subarray(0, 11)],
    ['an answer', M.answer(QUERY)],
  ])('%s is dropped', (_what, bytes) => {
    const b = new Bench();
    expect(b.ask(bytes)).toEqual([]);
    expect([b.count('malformed'), b.net.sockets.length]).toEqual([1, 0]);
  });

  it.each([
    ['a header alone', QUERY.subarray(0, 12)],
    ['half a question', QUERY.subarray(0, 20)],
    ['a compressed name', Uint8Array.of(...QUERY.subarray(0, 12), 0xc0, 0x0c, 0, 1, 0, 1)],
    ['no question', Uint8Array.of(...QUERY.subarray(0, 4), ...Array(8).fill(0))],
    ['more than a question can be', Uint8Array.of(...QUERY, ...Array(4_096).fill(0))],
  ])('%s gets FORMERR', (_what, bytes) => {
    const b = new Bench();
    const [sent] = b.ask(bytes);
    expect([...sent!.bytes]).toEqual([0, 77, 0x80, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect([b.count('malformed'), b.net.sockets.length]).toEqual([1, 0]);
  });

  it('FORMERR repeats the opcode', () => {
    const b = new Bench();
    const update = QUERY.slice(0, 12);
    update[2] = 5 << 3;
    expect(b.ask(update)[0]?.bytes[2]).toBe(0x80 | (5 << 3));
  });

  it('any bytes are survived, and what is forwarded comes to an end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, whole) => {
        const b = new Bench();
        const sent = b.ask(whole ? Uint8Array.of(...QUERY.subarray(0, 12), ...bytes) : bytes);
        sent.push(...b.after(60_000));
        const quiet = bytes.length < 12 || (bytes[2]! & 0x80) !== 0;
        if (whole || !quiet) expect(sent).toHaveLength(1);
        expect([b.count('pending'), b.net.open.length]).toEqual([0, 0]);
      }),
    );
  });
});

describe('many questions', () => {
  it('push out the oldest, and its guest is told', () => {
    const b = new Bench([A], { maxPending: 2 });
    b.ask(M.query(1, 'one.example'));
    b.ask(M.query(2, 'two.example'));
    expect(said(b.ask(M.query(3, 'three.example')))).toEqual(['2 1']);
    expect([b.count('evicted'), b.count('pending'), b.net.open.length]).toEqual([1, 2, 2]);
  });

  it('whatever happens to them, each is answered once, and nothing is left', () => {
    const event = fc.record({
      what: fc.constantFrom('ask', 'ask', 'answer', 'servfail', 'refuse', 'wait'),
      who: fc.nat(5),
      resolver: fc.constantFrom(A, B, SIX),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let n = 0;
        const b = new Bench([A, SIX, B], { maxPending: 4, random: () => (n++ % 1_000) / 1_000 });
        const answers: Sent[] = [];
        let asked = 0;
        for (const { what, who, resolver } of events) {
          if (what === 'ask') answers.push(...b.ask(M.query(++asked, `n${asked}.example`), `10.0.2.15:${who}`));
          else if (what === 'wait') answers.push(...b.after(1_000));
          else answers.push(...b.happens(what, who, resolver));
          expect(b.count('pending')).toBeLessThanOrEqual(4);
          expect(b.net.open.length).toBeLessThanOrEqual(8);
        }
        answers.push(...b.after(60_000));
        const ids = answers.map(({ bytes }) => M.idOf(bytes));
        expect(ids.sort((x, y) => x - y)).toEqual(Array.from({ length: asked }, (_, i) => i + 1));
        expect([b.count('pending'), b.net.open.length, b.dns.deadline!()]).toEqual([0, 0, Infinity]);
      }),
      { numRuns: 300 },
    );
  });

  it('close() lets go of all sockets', () => {
    const b = new Bench();
    for (let id = 0; id < 5; id++) b.ask(M.query(id, 'example.org'));
    b.dns.close?.();
    expect([b.net.open.length, b.count('pending')]).toEqual([0, 0]);
  });
});
