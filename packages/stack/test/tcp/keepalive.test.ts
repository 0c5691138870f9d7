// RFC 9293 3.8.4: a guest that says nothing is asked whether it is still there, and its flow ends when it is not.
import { describe, expect, test } from 'vitest';
import { Bench, type BenchOptions } from './bench.ts';

const IDLE = 60_000;
const INTERVAL = 10_000;

function bench(timeouts: BenchOptions['timeouts'] = {}): Bench {
  return new Bench({
    timeouts: { tcpKeepalive: IDLE, tcpKeepaliveInterval: INTERVAL, tcpKeepaliveProbes: 3, ...timeouts },
  }).open();
}

const PROBE = 'A 0 ack 1 win 8192';

describe('ESTABLISHED, idle', () => {
  test('the guest is asked from before its window, and the flow lives on for as long as it answers', () => {
    const b = bench();
    b.wait(IDLE - 1);
    expect(b.out()).toEqual([]);
    for (let i = 0; i < 5; i++) {
      b.wait(1);
      expect(b.out()).toEqual([PROBE]);
      b.say({ flags: 'A', seq: 1, ack: 1 });
      b.wait(IDLE - 1);
      expect(b.out()).toEqual([]);
    }
    expect([b.flows, b.peer.log]).toEqual([1, []]);
  });

  test('without an answer it is reset toward both sides', () => {
    const b = bench();
    b.wait(IDLE + 2 * INTERVAL);
    expect(b.out()).toEqual([PROBE, PROBE, PROBE]);
    b.wait(INTERVAL);
    expect([b.out(), b.peer.log, b.flows]).toEqual([['RA 1 ack 1 win 8192'], ['abort'], 0]);
    expect([b.tcp.stats()['timedOut'], b.tcp.stats()['keepalives'], b.tcp.deadline()]).toEqual([1, 3, Infinity]);
  });

  test('an answer between two questions is worth as much as one to the first', () => {
    const b = bench();
    b.wait(IDLE + 2 * INTERVAL + 5);
    b.say({ flags: 'A', seq: 1, ack: 1 });
    b.out();
    b.wait(IDLE - 1);
    expect(b.out()).toEqual([]);
    b.wait(1 + INTERVAL);
    expect(b.out()).toEqual([PROBE, PROBE]);
  });

  test('an answer counts even where silence is shorter than the interval', () => {
    const b = bench({ tcpKeepalive: 1_000, tcpKeepaliveInterval: 5_000 });
    for (let i = 0; i < 9; i++) {
      b.wait(5_000);
      b.say({ flags: 'A', seq: 1, ack: 1 });
    }
    expect(b.flows).toBe(1);
  });

  test('a guest that has forgotten the flow resets it', () => {
    const b = bench();
    b.wait(IDLE);
    b.say({ flags: 'R', seq: 1 });
    expect([b.flows, b.peer.log]).toEqual([0, ['abort']]);
  });

  test('what the guest sends puts it off', () => {
    const b = bench();
    b.wait(IDLE - 1);
    b.say({ flags: 'PA', seq: 1, ack: 1, data: 'x' });
    b.wait(IDLE - 1);
    expect(b.out()).toEqual(['A 1 ack 2 win 8192']);
  });

  test('a guest that owes an ACK is not asked: its silence is retransmission to judge', () => {
    const b = bench({ tcpKeepalive: 1_000, tcpKeepaliveInterval: 1_000 });
    b.peer.queue('x');
    b.host((e, _, now) => e.readable(now));
    b.wait(60_000);
    expect(b.tcp.stats()['keepalives']).toBe(0);
    expect(b.out().every((line) => line.startsWith('PA 1 +1'))).toBe(true);
  });

  test('nobody asks when the time is 0', () => {
    const b = bench({ tcpKeepalive: 0 });
    b.wait(86_400_000);
    expect([b.out(), b.flows, b.tcp.deadline()]).toEqual([[], 1, Infinity]);
  });
});

test('FIN-WAIT-2: asked all the same, and silence is limited by tcpFinWait2', () => {
  const b = bench({ tcpFinWait2: 30_000 });
  b.peer.end();
  b.host((e, _, now) => e.readable(now));
  b.say({ flags: 'A', seq: 1, ack: 2 });
  b.out();
  b.wait(30_001);
  expect([b.flows, b.peer.log]).toEqual([0, ['abort']]);
});

test('TIME-WAIT: for as long as was asked for, and without a question', () => {
  const b = bench({ tcpKeepalive: 1_000, tcpTimeWait: 5_000 });
  b.peer.end();
  b.host((e, _, now) => e.readable(now));
  b.say({ flags: 'FA', seq: 1, ack: 2 });
  b.out();
  b.wait(4_999);
  expect([b.flows, b.out()]).toEqual([1, []]);
  b.wait(1);
  expect(b.flows).toBe(0);
});
