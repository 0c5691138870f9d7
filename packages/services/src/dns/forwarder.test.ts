import { ConfigError } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { A, B, Bench, C, GUEST, NAMESERVER, QUERY, SIX, said } from '../../test/dns-bench.ts';
import * as M from '../../test/dns-message.ts';
import { dnsForwarder } from './forwarder.ts';

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
    const records = Uint8Array.from({ length: 4_000 }, (_, i) => i);
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

  it('has a socket and an identifier of its own', () => {
    let n = 0;
    const b = new Bench([A], { random: () => (n++ % 4) / 4 });
    for (let port = 1; port <= 4; port++) b.ask(QUERY, `10.0.2.15:${port}`);
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

  it('of another name under the same identifier takes its place', () => {
    const b = new Bench();
    b.ask(QUERY);
    const [first] = b.net.sockets;
    b.ask(M.query(77, 'example.net'));
    expect([first?.closed, b.count('pending')]).toEqual([true, 1]);
    expect(b.answer()[0]?.bytes).toEqual(M.answer(M.query(77, 'example.net')));
  });

  it('of another guest, or another port, is another one', () => {
    const b = new Bench();
    for (const from of [GUEST, '10.0.2.16:4000', '10.0.2.15:4001']) b.ask(QUERY, from);
    expect(b.count('pending')).toBe(3);
    expect(b.answer()[0]?.to).toBe('10.0.2.15:4001');
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
    ['after 1.5 s of silence', (b) => b.after(1_500)],
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
    b.after(1_499);
    expect(b.asked).toEqual([A]);
  });

  it('and may still answer late', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(2_000);
    expect(said(b.answer(A))).toEqual(['0 77']);
  });

  it('and is not asked again when what it says late is an error', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(2_000);
    expect(b.answer(A, M.SERVFAIL)).toEqual([]);
    expect(b.asked).toEqual([A, B]); // whose time is not over
    b.after(60_000);
    expect(b.asked).toEqual([A, B, B]);
  });

  it('and is heard no more when it is refused late', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(1_500);
    b.socket.refuse(A);
    expect(b.asked).toEqual([A, B]);
  });

  it('of the other family', () => {
    const b = new Bench([SIX, A]);
    b.ask(QUERY);
    b.after(1_500);
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
  it('the guest hears SERVFAIL with its question, after two rounds', () => {
    const b = new Bench();
    b.ask(QUERY);
    expect(b.after(8_999)).toEqual([]);
    const [sent] = b.after(1);
    expect(b.asked).toEqual([A, B, A, B]);
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
  function failed(how: (b: Bench) => unknown = (b) => b.after(1_500)): Bench {
    const b = new Bench([A, B, C]);
    b.ask(QUERY);
    how(b);
    b.answer(B);
    b.net.sockets.length = 0;
    return b;
  }

  it.each<[string, (b: Bench) => unknown]>([
    ['was silent', (b) => b.after(1_500)],
    ['was refused', (b) => b.socket.refuse(A)],
    ['said SERVFAIL', (b) => b.answer(A, M.SERVFAIL)],
  ])('puts one that %s behind the others for half a minute', (_how, fail) => {
    const b = failed(fail);
    b.ask(QUERY);
    expect(b.asked).toEqual([B]);
    b.answer(B);
    b.after(30_000);
    b.ask(QUERY);
    expect(b.asked).toEqual([B, A]);
  });

  it('forgives one that answers', () => {
    const b = failed();
    b.upstreams = [A];
    b.ask(QUERY);
    b.answer(A);
    b.upstreams = [A, B];
    b.ask(QUERY);
    expect(b.asked).toEqual([A, A]);
  });

  it('keeps the order of those that all failed', () => {
    const b = new Bench();
    b.ask(QUERY);
    b.after(60_000);
    b.net.sockets.length = 0;
    b.ask(QUERY);
    expect(b.asked).toEqual([A]);
  });

  it('rules the order of TCP too', () => {
    const b = failed();
    const to = new Endpoint();
    const order = [0, 1, 2].map((attempt) => b.dns.dial!(53, attempt, to) && String(to));
    expect([...order, b.dns.dial!(53, 3, to)]).toEqual([B, C, A, false]);
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
    b.after(60_000);
    expect(new Set(b.asked).size).toBe(8);
  });
});

it.each([0, 1.5, Number.NaN, 16_385])('maxPending %d is a ConfigError', (maxPending) => {
  expect(() => dnsForwarder({ upstreams: () => [], maxPending })).toThrow(ConfigError);
});
