import { describe, expect, test } from 'vitest';
import { Drop } from '../../src/drop.ts';
import { Refusal } from '../../src/host.ts';
import { Verdict } from '../../src/routes.ts';
import { Bench } from './bench.ts';

const SYN = { flags: 'S', seq: 0, mss: 1460, scale: 7 } as const;

describe('the host connects, and nobody answers there', () => {
  test('for as long as was asked for: then the guest is told, and the host gives it up', () => {
    const b = new Bench({ timeouts: { tcpConnect: 5_000 } });
    b.say(SYN);
    b.wait(4_999);
    expect([b.flows, b.icmp, b.peer.log]).toEqual([1, [], []]);
    b.wait(1);
    expect([b.flows, b.icmp, b.peer.log, b.out()]).toEqual([0, [Refusal.TIMED_OUT], ['abort'], []]);
    const { connectTimedOut, refused } = b.tcp.stats();
    expect([connectTimedOut, refused, b.tcp.deadline()]).toEqual([1, 1, Infinity]);
  });

  test('75 s unless asked otherwise; and whoever answers is held to it no more', () => {
    const b = new Bench();
    b.say(SYN);
    b.wait(74_999);
    b.host((e, _, now) => e.opened(now));
    b.say({ flags: 'A', seq: 1, ack: 1 });
    b.wait(100_000);
    expect([b.flows, b.icmp, b.peer.log]).toEqual([1, [], []]);
  });
});

describe('LISTEN', () => {
  test('a SYN makes the host connect, and the guest hears nothing yet', () => {
    const b = new Bench();
    expect(b.say(SYN)).toBe(Drop.NO);
    expect(b.peers).toHaveLength(1);
    expect(b.out()).toEqual([]);
  });

  test('an ACK that belongs to nothing is answered with a RST of its number', () => {
    const b = new Bench();
    expect(b.say({ flags: 'A', seq: 5, ack: 77 })).toBe(Drop.TCP_NO_FLOW);
    expect(b.out()).toEqual(['R 0 ack 16 win 0']); // an empty ACK field: 16 is 0 - our ISN of the guest
  });

  test('a FIN without ACK gets a RST that acknowledges it', () => {
    const b = new Bench();
    b.say({ flags: 'F', seq: 5, data: 'abc' });
    expect(b.out()).toEqual(['RA 0 ack 9 win 0']);
  });

  test('a RST is never answered', () => {
    const b = new Bench();
    b.say({ flags: 'R', seq: 5 });
    b.say({ flags: 'RA', seq: 5, ack: 1 });
    expect(b.out()).toEqual([]);
  });

  test.each(['SF', 'SR', 'SFR'])('%s opens nothing', (flags) => {
    const b = new Bench();
    b.say({ ...SYN, flags });
    expect(b.peers).toHaveLength(0);
  });

  test('where policy refuses, the guest hears a RST at once and the host nothing', () => {
    const b = new Bench();
    b.verdict = Verdict.REFUSE;
    expect(b.say(SYN)).toBe(Drop.POLICY);
    expect([b.out(), b.peers.length, b.flows]).toEqual([['RA 0 ack 1 win 0'], 0, 0]);
  });

  test('where there is no way, ICMP says so', () => {
    const b = new Bench();
    b.verdict = Verdict.UNREACHABLE;
    b.say(SYN);
    expect([b.out(), b.icmp]).toEqual([[], [Refusal.NETWORK_UNREACHABLE]]);
  });

  test('a full table gives up the flow that has been idle longest, with a RST to both sides', () => {
    const b = new Bench({ maxFlows: 2 });
    b.say({ ...SYN, port: 1 });
    b.say({ ...SYN, port: 2 });
    b.say({ ...SYN, port: 1 }); // so 2 is the idle one
    b.say({ ...SYN, port: 3 });
    expect(b.peers.map((p) => p.log.join())).toEqual(['', 'abort', '']);
    expect(b.tcp.stats()).toMatchObject({ flows: 2, evicted: 1 });
  });
});

describe('HOST-CONNECTING', () => {
  test('the host connected: SYN-ACK', () => {
    const b = new Bench();
    b.say(SYN);
    b.host((e, _, now) => e.opened(now));
    expect(b.out()).toEqual(['SA 0 ack 1 win 65535 mss=1460 scale=5']);
  });

  test('only what the guest offered is negotiated', () => {
    const b = new Bench();
    b.say({ flags: 'S', seq: 0 });
    b.host((e, _, now) => e.opened(now));
    expect(b.out()).toEqual(['SA 0 ack 1 win 65535 mss=1460 scale=-1']);
  });

  test.each([
    [Refusal.REFUSED, ['RA 0 ack 1 win 8192'], []],
    [Refusal.EXHAUSTED, ['RA 0 ack 1 win 8192'], []],
    [Refusal.HOST_UNREACHABLE, [], [Refusal.HOST_UNREACHABLE]],
    [Refusal.NETWORK_UNREACHABLE, [], [Refusal.NETWORK_UNREACHABLE]],
    [Refusal.TIMED_OUT, [], [Refusal.TIMED_OUT]],
    [Refusal.DENIED, [], [Refusal.DENIED]],
  ])('refusal %i becomes %j and ICMP %j', (why, segments, icmp) => {
    const b = new Bench();
    b.say(SYN);
    b.host((e, _, now) => e.refused(why, now));
    expect([b.out().map((s) => s.replace(/^RA -?\d+/, 'RA 0')), b.icmp, b.flows]).toEqual([segments, icmp, 0]);
    expect(b.peer.log).toEqual([]); // refused() was final
  });

  test('the SYN again: still nothing to say, and no second connection', () => {
    const b = new Bench();
    b.say(SYN);
    b.say(SYN);
    expect([b.peers.length, b.out()]).toEqual([1, []]);
  });

  test('another SYN from the same port: the first connection is given up', () => {
    const b = new Bench();
    b.say(SYN);
    b.say({ ...SYN, seq: 5_000 });
    expect(b.peers.map((p) => p.log.join())).toEqual(['abort', '']);
    b.host((e, _, now) => e.opened(now));
    expect(b.out()).toEqual(['SA 0 ack 5001 win 65535 mss=1460 scale=5']);
  });

  test('a RST of the right number ends it', () => {
    const b = new Bench();
    b.say(SYN);
    expect(b.say({ flags: 'R', seq: 9 })).toBe(Drop.TCP_OUT_OF_WINDOW);
    b.say({ flags: 'R', seq: 1 });
    expect([b.peer.log, b.flows, b.out()]).toEqual([['abort'], 0, []]);
  });
});

describe('SYN-RECEIVED', () => {
  const received = (): Bench => {
    const b = new Bench();
    b.say(SYN);
    b.host((e, _, now) => e.opened(now));
    b.out();
    return b;
  };

  test('the SYN again: our SYN-ACK was lost', () => {
    const b = received();
    b.say(SYN);
    expect(b.out()).toEqual(['SA 0 ack 1 win 65535 mss=1460 scale=5']);
  });

  test('the SYN-ACK is repeated after 1, 3, 7 … seconds, and then the flow is given up', () => {
    const b = received();
    b.wait(999);
    expect(b.out()).toHaveLength(0);
    b.wait(1);
    expect(b.out()).toHaveLength(1);
    b.wait(2_000);
    expect(b.out()).toHaveLength(1);
    b.wait(200_000);
    expect(b.out().map((s) => s.split(' ')[0])).toEqual(['SA', 'SA', 'SA', 'RA']);
    expect([b.flows, b.peer.log, b.tcp.deadline()]).toEqual([0, ['abort'], Infinity]);
  });

  test.each([0, 2, -1])('an ACK of %i is none of ours: RST with that number', (ack) => {
    const b = received();
    expect(b.say({ flags: 'A', seq: 1, ack })).toBe(Drop.TCP_UNACCEPTABLE);
    expect(b.out()[0]).toMatch(new RegExp(`^R ${ack} `));
    expect(b.flows).toBe(1);
  });

  test('the ACK may bring data, and even the FIN', () => {
    const b = received();
    b.say({ flags: 'FPA', seq: 1, ack: 1, data: 'all of it' });
    expect([b.peer.got, b.peer.log]).toEqual(['all of it', ['finish']]);
    b.wait(40);
    expect(b.out()).toEqual(['A 1 ack 11 win 8192']);
  });

  test('the host hangs up before the guest has answered', () => {
    const b = received();
    b.host((e, _, now) => e.failed(Refusal.RESET, now));
    expect(b.out()).toEqual(['RA 1 ack 1 win 8192']);
    expect(b.flows).toBe(0);
  });
});
