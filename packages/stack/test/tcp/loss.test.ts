import { describe, expect, test } from 'vitest';
import { Drop } from '../../src/drop.ts';
import { Bench } from './bench.ts';

const MSS = 1460;
/** Ten segments in flight. */
const flying = (): Bench => {
  const b = new Bench().open();
  b.peer.queue(100 * MSS);
  b.host((e, _, now) => e.readable(now));
  b.out();
  return b;
};
/** Sequence numbers of what was sent. */
const numbers = (b: Bench): number[] => b.out().map((line) => Number(line.split(' ')[1]));

describe('fast retransmit (RFC 5681 3.2)', () => {
  test('the third duplicate ACK, and no earlier one, sends the first hole again', () => {
    const b = flying();
    b.say({ flags: 'A', seq: 1, ack: 1 });
    b.say({ flags: 'A', seq: 1, ack: 1 });
    expect(numbers(b)).toEqual([1 + 10 * MSS, 1 + 11 * MSS]); // limited transmit (RFC 3042)
    b.say({ flags: 'A', seq: 1, ack: 1 });
    expect(numbers(b)[0]).toBe(1);
  });

  test('a window update, data, or an ACK with nothing in flight is no duplicate', () => {
    const b = flying();
    for (let i = 0; i < 4; i++) b.say({ flags: 'A', seq: 1, ack: 1, window: 60_000 + i });
    for (let i = 0; i < 4; i++) b.say({ flags: 'A', seq: 1 + i, ack: 1, data: 'x', window: 60_003 });
    expect(numbers(b)).not.toContain(1 + 0);
  });

  test('a partial ACK sends the next hole, until all that was in flight is there (RFC 6582)', () => {
    const b = flying();
    for (let i = 0; i < 3; i++) b.say({ flags: 'A', seq: 1, ack: 1 });
    b.out();
    b.say({ flags: 'A', seq: 1, ack: 1 + 4 * MSS });
    expect(numbers(b)[0]).toBe(1 + 4 * MSS);
    b.say({ flags: 'A', seq: 1, ack: 1 + 12 * MSS });
    expect(Math.min(...numbers(b))).toBeGreaterThanOrEqual(1 + 12 * MSS);
  });

  test('one segment that was lost is an accident: the window stays', () => {
    const b = flying();
    for (let i = 0; i < 9; i++) b.say({ flags: 'A', seq: 1, ack: 1 });
    expect(numbers(b)).toContain(1);
    b.say({ flags: 'A', seq: 1, ack: 1 + 10 * MSS });
    b.out();
    expect(Number(b.tcp.stats()['segmentsOut'])).toBeGreaterThanOrEqual(10 + 9 + 1 + 1);
  });

  test('a hole that was filled in vain is filled again, once three that left later have arrived', () => {
    const b = flying();
    const duplicates = (n: number): number[] => {
      b.now++;
      for (let i = 0; i < n; i++) b.say({ flags: 'A', seq: 1, ack: 1 });
      return numbers(b);
    };
    duplicates(2);
    expect(duplicates(1)).toEqual([1, 1 + 12 * MSS]); // the third one that was let out leaves with it
    expect(Math.min(...duplicates(6))).toBe(1 + 13 * MSS);
    expect(duplicates(3 + 2)).not.toContain(1);
    expect(duplicates(1)).toContain(1);
  });

  test('more duplicates than there are segments in flight change nothing', () => {
    const b = new Bench().open();
    b.peer.queue(2 * MSS);
    b.host((e, _, now) => e.readable(now));
    b.out();
    for (let i = 0; i < 9; i++) b.say({ flags: 'A', seq: 1, ack: 1 });
    expect(numbers(b)).toEqual([]);
    b.say({ flags: 'A', seq: 1, ack: 1 + 2 * MSS });
    b.wait(200);
    expect([b.out(), b.tcp.deadline()]).toEqual([[], Infinity]);
  });
});

describe('retransmission timeout (RFC 6298), 200 ms after a handshake without delay', () => {
  test('one segment, then all the rest again as ACKs come', () => {
    const b = flying();
    b.wait(200);
    expect(numbers(b)).toEqual([1]);
    b.say({ flags: 'A', seq: 1, ack: 1 + MSS });
    expect(numbers(b)).toEqual([1 + MSS, 1 + 2 * MSS]);
  });

  test('it doubles, and gives up after twelve attempts with a RST', () => {
    const b = flying();
    const at: number[] = [];
    for (let i = 0; i < 4_000; i++) {
      b.wait(200);
      if (b.out().length > 0) at.push(b.now - 1_000);
    }
    expect(at.slice(0, 5)).toEqual([200, 600, 1_400, 3_000, 6_200]);
    expect([at.length, b.flows, b.peer.log, b.tcp.deadline()]).toEqual([13, 0, ['abort'], Infinity]);
  });

  test('an ACK of all stops it', () => {
    const b = new Bench().open();
    b.peer.queue(10);
    b.host((e, _, now) => e.readable(now));
    b.say({ flags: 'A', seq: 1, ack: 11 });
    b.out();
    b.wait(200); // an early wake-up is left in the agenda
    expect([b.out(), b.tcp.deadline()]).toEqual([[], Infinity]);
  });

  test('an ACK of what had been sent before the timeout is believed', () => {
    const b = flying();
    b.wait(200);
    b.out();
    expect(b.say({ flags: 'A', seq: 1, ack: 1 + 10 * MSS })).toBe(Drop.NO);
    expect(Math.min(...numbers(b))).toBe(1 + 10 * MSS);
  });
});

describe('an ACK while something is sent again has a number that is acceptable where all has arrived', () => {
  test('that of the first byte never sent', () => {
    const b = flying();
    b.wait(200);
    b.out();
    b.say({ flags: 'A', seq: 5, ack: 1, data: 'x' });
    expect(b.out()).toEqual([`A ${1 + 10 * MSS} ack 1 win 8192`]);
  });

  test('but none beyond the window', () => {
    const b = flying();
    b.wait(200);
    b.out();
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'x', window: 100 });
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'x', window: 100 });
    expect(b.out().at(-1)).toBe('A 101 ack 2 win 8192');
  });
});

describe('zero window (RFC 9293 3.8.6.1)', () => {
  const closed = (): Bench => {
    const b = new Bench().open();
    b.peer.queue(5_000);
    b.say({ flags: 'A', seq: 1, ack: 1, window: 0 });
    b.host((e, _, now) => e.readable(now));
    return b;
  };

  test('is probed with one byte, at growing intervals, for as long as the guest answers', () => {
    const b = closed();
    const at: number[] = [];
    for (let i = 0; i < 18_000; i++) {
      b.wait(200);
      const out = b.out();
      if (out.length === 0) continue;
      expect(out).toEqual(['A 1 +1 ack 1 win 8192']);
      at.push(b.now - 1_000);
      b.say({ flags: 'A', seq: 1, ack: 1, window: 0 });
    }
    expect(at.slice(0, 5)).toEqual([200, 600, 1_400, 3_000, 6_200]);
    expect([b.flows, at.length > 50]).toEqual([1, true]);
  });

  test('a guest that closes its window over what is in flight is waited for as well', () => {
    const b = flying();
    for (let i = 0; i < 3_600; i++) {
      b.wait(1_000);
      if (b.out().length > 0) b.say({ flags: 'A', seq: 1, ack: 1, window: 0 });
    }
    expect(b.flows).toBe(1);
    b.wait(600_000);
    expect([b.flows, b.peer.log]).toEqual([0, ['abort']]);
  });

  test('a guest that falls silent is given up', () => {
    const b = closed();
    b.wait(600_000);
    expect([b.flows, b.peer.log]).toEqual([0, ['abort']]);
  });

  test('opens: everything goes on, with or without the probe having been taken', () => {
    const b = closed();
    b.wait(200);
    b.out();
    b.say({ flags: 'A', seq: 1, ack: 2, window: 10_000 });
    expect(numbers(b)).toEqual([2, 2 + MSS, 2 + 2 * MSS, 2 + 3 * MSS]);
  });

  test('probes that cross, each taken, end in agreement all the same', () => {
    const b = closed();
    b.wait(200);
    expect(b.out()).toEqual(['A 1 +1 ack 1 win 8192']); // the guest takes it, and probes as well
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'p', window: 0 });
    b.wait(40);
    expect(b.out()).toEqual(['A 1 ack 2 win 8192']); // not acceptable to a guest that expects 2
    b.say({ flags: 'A', seq: 1, ack: 2, data: 'p', window: 10_000 });
    expect(numbers(b).slice(0, 3)).toEqual([2, 2 + MSS, 2 + 2 * MSS]);
    expect(b.peer.got).toBe('p');
  });

  test('a FIN alone is probed with as well', () => {
    const b = new Bench().open();
    b.say({ flags: 'A', seq: 1, ack: 1, window: 0 });
    b.peer.end();
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toEqual([]);
    b.wait(200);
    expect(b.out()).toEqual(['FA 1 ack 1 win 8192']);
    b.say({ flags: 'FA', seq: 1, ack: 2, window: 0 });
    expect(b.peer.log).toEqual(['finish', 'close']);
  });
});

describe('timestamps (RFC 7323)', () => {
  test('are offered to who offers them, and echoed', () => {
    const b = new Bench();
    b.say({ flags: 'S', seq: 0, mss: 1460, scale: 7, ts: [500, 0] });
    b.host((e, _, now) => e.opened(now));
    expect(b.out()[0]).toMatch(/ ts$/);
  });

  test('a segment takes 12 bytes less', () => {
    const b = new Bench().open({ ts: [500, 0] });
    b.peer.queue(1_448);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toEqual(['PA 1 +1448 ack 1 win 8192']);
  });

  test('PAWS: an older one is answered with an ACK, and nothing of it taken (5.3)', () => {
    const b = new Bench().open({ ts: [500, 0] });
    expect(b.say({ flags: 'A', seq: 1, ack: 1, data: 'old', ts: [499, 0] })).toBe(Drop.TCP_OUT_OF_WINDOW);
    expect([b.peer.got, b.out()]).toEqual(['', ['A 1 ack 1 win 8192']]);
  });

  test('PAWS never stops a RST, and forgets after 24 days (5.5)', () => {
    const b = new Bench().open({ ts: [500, 0] });
    b.wait(25 * 86_400_000);
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'new', ts: [-2_000_000_000, 0] });
    expect(b.peer.got).toBe('new');
    b.say({ flags: 'R', seq: 4, ts: [-2_000_000_001, 0] });
    expect(b.flows).toBe(0);
  });

  test('the round trip sets the timeout: 50 ms of it, and a floor of 200 ms', () => {
    const b = new Bench().open({ ts: [500, 0] });
    for (let i = 0; i < 20; i++) {
      b.peer.queue(10);
      b.host((e, _, now) => e.readable(now));
      b.out();
      b.now += 50;
      b.say({ flags: 'A', seq: 1, ack: 1 + 10 * (i + 1), ts: [501 + i, b.tsval] });
    }
    b.peer.queue(10);
    b.host((e, _, now) => e.readable(now));
    const sent = b.now;
    expect(b.tcp.deadline() - sent).toBeLessThanOrEqual(200);
    b.out();
    b.wait(199);
    expect(b.out()).toEqual([]);
    b.wait(1);
    expect(b.out()).toHaveLength(1);
  });
});
