import { describe, expect, test } from 'vitest';
import { Bench } from './bench.ts';

/** The host ends its stream. */
const hostEnds = (b: Bench): void => {
  b.peer.end();
  b.host((e, _, now) => e.readable(now));
};

describe('the guest closes first', () => {
  test('CLOSE-WAIT: the host is told at once, and may go on: what it says carries the ACK of the FIN', () => {
    const b = new Bench().open();
    b.say({ flags: 'FPA', seq: 1, ack: 1, data: 'bye' });
    expect([b.peer.got, b.peer.log, b.out()]).toEqual(['bye', ['finish'], []]);
    b.peer.queue('still here');
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toEqual(['PA 1 +10 ack 5 win 8192']);
  });

  test('CLOSE-WAIT: the FIN is ACKed after 40 ms where the host says nothing', () => {
    const b = new Bench().open();
    b.say({ flags: 'FPA', seq: 1, ack: 1, data: 'bye' });
    b.wait(39);
    expect(b.out()).toEqual([]);
    b.wait(1);
    expect(b.out()).toEqual(['A 1 ack 5 win 8192']);
  });

  test('LAST-ACK: the ACK of our FIN ends the flow, without TIME-WAIT', () => {
    const b = new Bench().open();
    b.say({ flags: 'FA', seq: 1, ack: 1 });
    b.out();
    hostEnds(b);
    expect(b.out()).toEqual(['FA 1 ack 2 win 8192']);
    b.say({ flags: 'A', seq: 2, ack: 2 });
    expect([b.flows, b.peer.log, b.tcp.deadline()]).toEqual([0, ['finish', 'close'], Infinity]);
  });

  test('the host that does not read is told only after the last byte', () => {
    const b = new Bench().open();
    b.peer.room = 1;
    b.say({ flags: 'FA', seq: 1, ack: 1, data: 'bye' });
    expect(b.peer.log).toEqual([]);
    b.peer.room = 9;
    b.host((e, _, now) => e.writable(now));
    expect([b.peer.got, b.peer.log]).toEqual(['bye', ['finish']]);
  });

  test('a FIN that came before bytes which are missing waits for them', () => {
    const b = new Bench().open();
    b.say({ flags: 'FA', seq: 4, ack: 1, data: 'def' });
    expect([b.peer.log, b.out()]).toEqual([[], ['A 1 ack 1 win 8192']]);
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'abc' });
    expect([b.peer.got, b.peer.log, b.out()]).toEqual(['abcdef', ['finish'], ['A 1 ack 8 win 8192']]);
  });

  test('bytes after its FIN are not taken', () => {
    const b = new Bench().open();
    b.say({ flags: 'FA', seq: 1, ack: 1 });
    b.say({ flags: 'A', seq: 2, ack: 1, data: 'ghost' });
    expect(b.peer.got).toBe('');
  });
});

describe('the host closes first', () => {
  test('FIN-WAIT-1: the last segment carries the FIN', () => {
    const b = new Bench().open();
    b.peer.queue('bye');
    hostEnds(b);
    expect(b.out()).toEqual(['FPA 1 +3 ack 1 win 8192']);
  });

  test('FIN-WAIT-2: the guest may go on for as long as it likes, with less than ten minutes of silence', () => {
    const b = new Bench().open();
    hostEnds(b);
    b.say({ flags: 'A', seq: 1, ack: 2 });
    for (let i = 0; i < 5; i++) {
      b.wait(500_000);
      b.say({ flags: 'A', seq: 1 + i, ack: 2, data: 'x' });
    }
    expect([b.flows, b.peer.got]).toEqual([1, 'xxxxx']);
    b.wait(600_001);
    expect([b.flows, b.peer.log, b.tcp.deadline()]).toEqual([0, ['abort'], Infinity]);
  });

  test('TIME-WAIT: a repeated FIN is ACKed, for ten seconds after the last one', () => {
    const b = new Bench().open();
    hostEnds(b);
    b.say({ flags: 'FA', seq: 1, ack: 2 });
    expect([b.peer.log, b.out().at(-1)]).toEqual([['finish', 'close'], 'A 2 ack 2 win 8192']);
    b.wait(9_000);
    b.say({ flags: 'FA', seq: 1, ack: 2 });
    expect(b.out()).toEqual(['A 2 ack 2 win 8192']);
    b.wait(9_999);
    expect(b.flows).toBe(1);
    b.wait(1);
    expect([b.flows, b.tcp.deadline()]).toEqual([0, Infinity]);
  });

  test('CLOSING: both FINs crossed', () => {
    const b = new Bench().open();
    hostEnds(b);
    b.say({ flags: 'FA', seq: 1, ack: 1 });
    expect(b.peer.log).toEqual(['finish']);
    b.say({ flags: 'A', seq: 2, ack: 2 });
    expect(b.peer.log).toEqual(['finish', 'close']);
    expect(b.flows).toBe(1); // TIME-WAIT
  });

  test('TIME-WAIT gives way to a newer SYN from the same port (RFC 6191), not to an older one', () => {
    const b = new Bench().open();
    hostEnds(b);
    b.say({ flags: 'FA', seq: 1, ack: 2 });
    b.say({ flags: 'S', seq: -100, mss: 1460 });
    expect(b.peers).toHaveLength(1);
    b.say({ flags: 'S', seq: 100, mss: 1460 });
    expect([b.peers.length, b.flows]).toEqual([2, 1]);
  });

  test('the FIN waits for its number in a full window, and is sent again when it is lost', () => {
    const b = new Bench().open({ window: 3 });
    b.peer.queue('bye');
    hostEnds(b);
    expect(b.out()).toEqual(['PA 1 +3 ack 1 win 8192']);
    b.say({ flags: 'A', seq: 1, ack: 4, window: 3 });
    expect(b.out()).toEqual(['FA 4 ack 1 win 8192']);
    b.wait(400);
    expect(b.out()).toEqual(['FA 4 ack 1 win 8192']);
  });
});

describe('a slow host, when for the guest all is over', () => {
  /** Both FINs are acknowledged, and the host has taken nothing yet. */
  function over(): Bench {
    const b = new Bench().open();
    b.peer.room = 0;
    b.say({ flags: 'A', seq: 1, ack: 1, data: 5_000 });
    b.say({ flags: 'FA', seq: 5_001, ack: 1 });
    hostEnds(b);
    b.say({ flags: 'A', seq: 5_002, ack: 2 });
    b.out();
    return b;
  }

  test('gets the rest, and the guest hears nothing of it: it may be gone, and would reset', () => {
    const b = over();
    b.peer.room = 5_000;
    b.host((e, _, now) => e.writable(now));
    expect([b.out(), b.peer.got.length, b.peer.log, b.flows]).toEqual([[], 5_000, ['finish', 'close'], 0]);
  });

  test('gets the rest although the guest resets', () => {
    const b = over();
    b.say({ flags: 'R', seq: 5_002 });
    b.peer.room = 5_000;
    b.host((e, _, now) => e.writable(now));
    expect([b.peer.got.length, b.peer.log]).toEqual([5_000, ['finish', 'close']]);
  });
});
