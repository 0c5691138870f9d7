import { ConfigError } from '@reslirp/stack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, B, Bench, C, GUEST, NAMESERVER, QUERY, SIX, said } from '../../test/dns-bench.ts';
import * as M from '../../test/dns-message.ts';
import { dnsServer } from './server.ts';

describe('a question', () => {
  it('goes to the first resolver, untouched but for the identifier', () => {
    const b = new Bench();
    expect(b.ask(QUERY)).toEqual([]);
    expect(b.asked).toEqual([A]);
    expect(b.forwarded).toEqual(M.withId(QUERY, 0x8000)); // random() says 0.5
  });

  it('is answered untouched but for the identifier, by whom it was put to', () => {
    const b = new Bench();
    b.ask(QUERY);
    const records = Uint8Array.from({ length: 1_000 }, (_, i) => i);
    const [sent, ...more] = b.answer(A, M.NO_ERROR, records);
    expect([sent?.from, sent?.to, sent?.mac, more]).toEqual([NAMESERVER, GUEST, null, []]);
    expect(sent?.bytes).toEqual(M.answer(QUERY, M.NO_ERROR, records));
    expect(b.net.open).toEqual([]);
  });

  it.each([
    ['a name that is not', M.NXDOMAIN],
    ['a server too old for EDNS', M.FORMERR],
  ])('%s is an answer', (_what, rcode) => {
    const b = new Bench();
    b.ask(QUERY);
    expect(said(b.answer(A, rcode))).toEqual([`${rcode} 77`]);
    expect(b.asked).toEqual([A]);
  });

  it('a truncated answer is one: the guest asks again over TCP', () => {
    const b = new Bench();
    b.ask(QUERY);
    const cut = M.answer(b.forwarded);
    cut[2]! |= 0x02;
    expect(b.socket.receive(A, cut)[0]?.bytes[2]).toBe(0x83);
  });

  it('that is longer than the guest takes is cut to nothing, with TC', () => {
    const b = new Bench();
    b.ask(QUERY);
    const [sent] = b.answer(A, M.NO_ERROR, new Uint8Array(4_000));
    expect([sent?.bytes[2], sent?.bytes.length]).toEqual([0x83, 12 + M.question('example.org', M.A).length]);
    expect(b.count('truncated')).toBe(1);
  });

  it('of another name has a socket and an identifier of its own', () => {
    let n = 0;
    const b = new Bench([A], { random: () => (n++ % 4) / 4 });
    for (let n = 1; n <= 4; n++) b.ask(M.query(77, `n${n}.example.org`), `10.0.2.15:${n}`);
    expect(b.net.open).toHaveLength(4);
    expect(b.net.sockets.map((s) => M.idOf(s.sent[0]!.bytes))).toEqual([0, 0x4000, 0x8000, 0xc000]);
  });

  it('that the guest repeats joins the one under way', () => {
    const b = new Bench();
    b.ask(QUERY);
    expect(b.ask(QUERY)).toEqual([]);
    expect([b.asked, b.count('repeated'), b.count('pending')]).toEqual([[A], 1, 1]);
    expect(b.answer()).toHaveLength(1);
  });

  it('of another name under the same identifier is another one', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.ask(M.query(77, 'example.net'));
    expect([b.net.open.length, b.count('pending')]).toEqual([2, 2]);
    expect(b.answer()[0]?.bytes).toEqual(M.answer(M.query(77, 'example.net')));
    expect(b.happens('answer', 1, A)[0]?.bytes).toEqual(M.answer(QUERY));
  });

  it('that others ask too is asked once, RFC 5452 5, and each is answered under his own identifier', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.ask(M.withId(QUERY, 78), '10.0.2.16:4000');
    b.ask(M.withId(QUERY, 79), '10.0.2.15:4001');
    expect([b.asked, b.count('pending'), b.count('joined')]).toEqual([[A], 3, 2]);
    expect(b.answer().map(({ to, bytes }) => [to, M.idOf(bytes)])).toEqual([
      [GUEST, 77],
      ['10.0.2.16:4000', 78],
      ['10.0.2.15:4001', 79],
    ]);
  });

  it.each<[string, Uint8Array]>([
    ['other flags', M.query(77, 'example.org', { edns: 1_232, flags: 0x0110 })],
    ['another size', M.query(77, 'example.org', { edns: 4_096 })],
    ['another spelling', M.query(77, 'exAmple.org', { edns: 1_232 })],
  ])('with %s is another one: its answer may be', (_what, other) => {
    const b = new Bench();
    b.ask(QUERY);
    b.ask(other, '10.0.2.16:4000');
    expect([b.net.open.length, b.count('joined')]).toEqual([2, 0]);
  });
});

describe('an answer, RFC 5452 9.1', () => {
  const spoof: [string, string, (forwarded: Uint8Array) => Uint8Array][] = [
    ['of somebody else', '192.0.2.66:53', (q) => M.answer(q)],
    ['from another port', '192.0.2.1:5353', (q) => M.answer(q)],
    ['of a resolver that was not asked yet', B, (q) => M.answer(q)],
    ['with another identifier', A, (q) => M.withId(M.answer(q), 1)],
    ['with the guest’s identifier', A, (q) => M.withId(M.answer(q), 77)],
    ['to another name', A, (q) => M.answer(M.query(M.idOf(q), 'example.net'))],
    ['to another type', A, (q) => M.answer(M.query(M.idOf(q), 'example.org', { type: M.AAAA }))],
    ['that is a question', A, (q) => q],
    [
      'that says NXDOMAIN of nothing',
      A,
      (q) => Uint8Array.of(...M.answer(q, M.NXDOMAIN).subarray(0, 4), ...Array(8).fill(0)),
    ],
    ['cut short', A, (q) => M.answer(q).subarray(0, 20)],
    ['of no bytes', A, () => new Uint8Array(0)],
  ];

  it.each(spoof)('%s is none', (_what, from, forge) => {
    const b = new Bench();
    b.ask(QUERY);
    expect(b.socket.receive(from, forge(b.forwarded))).toEqual([]);
    expect(b.count('unrelated')).toBe(1);
    expect(b.answer()).toHaveLength(1);
  });

  it('may spell the name in other cases, RFC 1035 2.3.3', () => {
    const b = new Bench();
    b.ask(M.query(7, 'Example.ORG'));
    expect(b.socket.receive(A, M.answer(M.query(0x8000, 'eXample.org')))).toHaveLength(1);
  });

  it('of any bytes is survived', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, ours) => {
        const b = new Bench();
        b.ask(QUERY);
        b.socket.receive(A, ours ? M.withId(bytes, 0x8000) : bytes);
        b.after(60_000);
        expect([b.count('pending'), b.net.open.length]).toEqual([0, 0]);
      }),
    );
  });
});

describe('a resolver gives way to the next one', () => {
  it.each<[string, (b: Bench) => unknown]>([
    ['after a second of silence', (b) => b.after(1_000)],
    ['refused', (b) => b.socket.refuse(A)],
    ['with SERVFAIL', (b) => b.answer(A, M.SERVFAIL)],
    ['with REFUSED', (b) => b.answer(A, M.REFUSED)],
    ['with NOTIMP', (b) => b.answer(A, M.NOTIMP)],
    [
      'with SERVFAIL and no question',
      (b) => b.socket.receive(A, Uint8Array.of(0x80, 0, 0x81, 0x82, ...Array(8).fill(0))),
    ],
  ])('%s', (_how, fail) => {
    const b = new Bench();
    b.ask(QUERY);
    fail(b);
    expect(b.asked).toEqual([A, B]);
    expect(b.net.take()).toEqual([]);
    expect(said(b.answer(B))).toEqual(['0 77']);
    expect(b.count('failovers')).toBe(1);
  });

  it('not before', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(999);
    expect(b.asked).toEqual([A]);
  });

  it('and may still answer late', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(1_500);
    expect(said(b.answer(A))).toEqual(['0 77']);
  });

  it('and is not asked again when what it says late is an error', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(1_500);
    expect(b.answer(A, M.SERVFAIL)).toEqual([]);
    expect(b.asked).toEqual([A, B]); // whose time is not over
    b.after(60_000);
    expect(b.asked).toEqual([A, B, B, B]);
  });

  it('and is heard no more when it is refused late', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(1_000);
    b.socket.refuse(A);
    expect(b.asked).toEqual([A, B]);
  });

  it('of the other family', () => {
    const b = new Bench([SIX, A]);
    b.ask(QUERY);
    b.after(1_000);
    expect(b.net.sockets.map((s) => [s.family, s.sent[0]?.to])).toEqual([
      [6, SIX],
      [4, A],
    ]);
    expect(b.net.sockets[0]!.receive(SIX, M.answer(b.forwarded))).toHaveLength(1);
    expect(b.net.open).toEqual([]);
  });

  it('at once when the host has no socket for it', () => {
    const b = new Bench();
    b.net.room = 0;
    expect(said(b.ask(QUERY))).toEqual(['2 77']);
  });
});

describe('when all have failed', () => {
  it('the guest hears SERVFAIL with its question, after two rounds and what 7 s leave of a third', () => {
    const b = new Bench();
    b.ask(QUERY);
    expect(b.after(9_999)).toEqual([]); // 1 + 1 + 2 + 2 + 4
    const [sent] = b.after(1);
    expect(b.asked).toEqual([A, B, A, B, A]);
    expect([M.idOf(sent!.bytes), M.rcodeOf(sent!.bytes)]).toEqual([77, M.SERVFAIL]);
    expect([...sent!.bytes.subarray(12)]).toEqual(M.question('example.org', M.A));
    expect([b.count('failures'), b.net.open.length, b.dns.deadline!()]).toEqual([1, 0, Infinity]);
  });

  it('the guest hears what the last one said, and nobody is asked twice', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.answer(A, M.SERVFAIL);
    expect(said(b.answer(B, M.REFUSED))).toEqual(['5 77']);
    expect(b.asked).toEqual([A, B]);
  });

  it('or there are none, at once', () => {
    const b = new Bench([]);
    expect(said(b.ask(QUERY))).toEqual(['2 77']);
    expect(b.net.sockets).toEqual([]);
  });
});

describe('the health of resolvers', () => {
  /** A has failed at 1 s, B has answered. */
  function failed(how: (b: Bench) => unknown = (b) => b.after(1_000)): Bench {
    const b = new Bench([A, B, C]);
    b.ask(QUERY);
    how(b);
    b.answer(B);
    b.net.sockets.length = 0;
    return b;
  }

  it.each<[string, (b: Bench) => unknown]>([
    ['was silent', (b) => b.after(1_000)],
    ['was refused', (b) => b.socket.refuse(A)],
  ])('puts one that %s behind the others, and asks it beside them after 2 s', (_how, fail) => {
    const b = failed(fail);
    b.ask(QUERY);
    expect(b.asked).toEqual([B]);
    b.answer(B);
    b.after(2_000);
    b.ask(QUERY);
    expect([b.asked, b.count('probes')]).toEqual([[B, A, B], 1]);
  });

  it('asks it ever more seldom', () => {
    const b = failed();
    const probed: number[] = [];
    for (let seconds = 0; seconds < 300; seconds++) {
      const probes = b.count('probes');
      b.ask(M.query(seconds, `n${seconds}.example.org`));
      if (b.count('probes') > probes) probed.push(seconds);
      b.answer(B);
      b.after(1_000);
    }
    expect(probed).toEqual([2, 7, 16, 33, 66, 127, 188, 249]); // 4, 8, 16, 32, 60 s after a second of silence each
  });

  it('forgives one that answers a probe, which no guest hears of', () => {
    const b = failed();
    b.after(2_000);
    b.ask(QUERY);
    const [probe, asked] = b.net.sockets;
    expect(probe!.receive(A, M.answer(probe!.sent[0]!.bytes))).toEqual([]);
    expect(asked!.receive(B, M.answer(asked!.sent[0]!.bytes))).toHaveLength(1);
    b.net.sockets.length = 0;
    b.ask(QUERY);
    expect([b.asked, b.count('answers'), b.count('failovers')]).toEqual([[A], 2, 1]);
  });

  it('forgives one that answers when all have failed', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(60_000);
    b.ask(QUERY);
    b.answer(A);
    b.ask(QUERY);
    expect(b.socket.sent[0]?.to).toBe(A); // beside a probe of B
  });

  it('is not that of a name: one that says SERVFAIL is well, unless it says nothing else', () => {
    const b = new Bench();
    for (let n = 0; n < 4; n++) {
      b.ask(M.query(n, `n${n}.example.org`));
      b.answer(A, M.SERVFAIL);
      b.answer(B);
    }
    expect(b.asked).toEqual([A, B, A, B, A, B, A, B]);
    b.net.sockets.length = 0;
    b.ask(QUERY);
    expect(b.asked).toEqual([B]);
  });

  it('a resolver that dies in the middle costs one question its time', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.answer(A);
    b.ask(M.query(1, 'one.example.org'));
    b.ask(M.query(2, 'two.example.org'));
    b.after(1_000); // both go on to B
    expect([b.happens('answer', 0, B).length, b.happens('answer', 1, B).length]).toEqual([1, 1]);
    b.net.sockets.length = 0;
    b.ask(M.query(3, 'three.example.org'));
    expect(b.asked).toEqual([B]);
  });

  it('keeps the order of those that all failed', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(60_000);
    b.net.sockets.length = 0;
    b.ask(QUERY);
    expect(b.asked).toEqual([A]);
  });

  it('is of the list as it is now', () => {
    const b = new Bench([A]);
    b.ask(QUERY);
    b.upstreams = [C];
    b.ask(M.query(78, 'example.org'));
    expect(b.asked).toEqual([A, C]);
  });

  it('counts eight at most', () => {
    const b = new Bench(Array.from({ length: 40 }, (_, n) => `192.0.2.${n}:53`));
    b.ask(QUERY);
    for (let n = 0; n < 8; n++) b.socket.refuse(`192.0.2.${n}:53`);
    b.after(60_000);
    expect(new Set(b.asked).size).toBe(8);
  });
});

it.each([0, 1.5, Number.NaN, 16_385])('maxPending %d is a ConfigError', (maxPending) => {
  expect(() => dnsServer({ upstreams: () => [], maxPending })).toThrow(ConfigError);
});
