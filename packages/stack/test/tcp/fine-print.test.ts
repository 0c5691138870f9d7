// What a careless reading of the RFCs gets wrong.
import { describe, expect, test } from 'vitest';
import { Drop } from '../../src/drop.ts';
import { Bench } from './bench.ts';

const MSS = 1460;
const readable = (b: Bench, bytes: number | string): void => {
  b.peer.queue(bytes);
  b.host((e, _, now) => e.readable(now));
};
const numbers = (b: Bench): number[] => b.out().map((line) => Number(line.split(' ')[1]));

describe('acceptance', () => {
  test('an ACK older than the largest window ever offered is challenged, and its data not taken (RFC 5961 5.2)', () => {
    const b = new Bench().open();
    expect(b.say({ flags: 'A', seq: 1, ack: 1 - 65_536, data: 'x' })).toBe(Drop.TCP_UNACCEPTABLE);
    expect(b.peer.got).toBe('');
    b.say({ flags: 'A', seq: 1, ack: 1 - 65_535, data: 'y' });
    expect(b.peer.got).toBe('y');
  });

  test('SYN and ACK together, in the window, are challenged', () => {
    const b = new Bench().open();
    expect(b.say({ flags: 'SA', seq: 1, ack: 1, data: 'x' })).toBe(Drop.TCP_UNACCEPTABLE);
    expect(b.peer.got).toBe('');
  });

  test('a segment that is older than the last one cannot change the window (RFC 9293 3.10.7.4)', () => {
    const b = new Bench().open();
    b.say({ flags: 'A', seq: 5, ack: 1, data: 'x', window: 5_000 });
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'abcd', window: 100 });
    b.out();
    readable(b, 3_000);
    expect(b.out()).toHaveLength(3);
  });

  test('TSecr is of the first segment that the ACK answers, not of the last (RFC 7323 4.3)', () => {
    const b = new Bench().open({ ts: [500, 0] });
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'a', ts: [501, 0] });
    b.say({ flags: 'A', seq: 2, ack: 1, data: 'b', ts: [502, 0] });
    b.wait(40);
    expect(b.tsecr).toBe(501);
    expect(b.say({ flags: 'A', seq: 3, ack: 1, data: 'c', ts: [500, 0] })).toBe(Drop.TCP_OUT_OF_WINDOW);
  });

  test('the guest that uses the window to its end gets a larger one while the host keeps up', () => {
    const b = new Bench().open();
    for (let i = 0; i < 16; i++) b.say({ flags: 'A', seq: 1 + i * 16_384, ack: 1, data: 16_384 });
    expect(b.out().at(-1)).toBe('A 1 ack 262145 win 16384'); // twice 262,144 in units of 32
  });

  test('no window update while the guest has plenty', () => {
    const b = new Bench().open();
    b.peer.room = 0;
    b.say({ flags: 'A', seq: 1, ack: 1, data: 10_000 });
    b.out();
    b.peer.room = Infinity;
    b.host((e, _, now) => e.writable(now));
    expect(b.out()).toEqual([]);
  });
});

describe('timers', () => {
  test('progress forgives earlier timeouts', () => {
    const b = new Bench().open();
    for (let round = 0; round < 3; round++) {
      readable(b, 10);
      b.wait(150_000);
      b.say({ flags: 'A', seq: 1, ack: 11 + round * 10 });
    }
    expect(b.flows).toBe(1);
  });

  test('without timestamps, only the ACK of the timed segment is a sample', () => {
    const b = new Bench().open();
    readable(b, MSS);
    b.now += 10;
    b.say({ flags: 'A', seq: 1, ack: 500 });
    b.now += 1_590;
    b.say({ flags: 'A', seq: 1, ack: 1 + MSS }); // R = 1,600: SRTT 200, RTTVAR 400
    readable(b, 10);
    b.out();
    b.wait(1_500);
    expect(b.out()).toEqual([]);
    b.wait(400);
    expect(b.out()).toHaveLength(1);
  });

  test('new data does not put off the timeout of old data (RFC 6298 5.1)', () => {
    const b = new Bench().open();
    readable(b, 10);
    b.wait(150);
    readable(b, 10);
    b.out();
    b.wait(50);
    expect(numbers(b)[0]).toBe(1);
  });

  test('an opened window ends the probing, and the next closed one is probed anew', () => {
    const b = new Bench().open();
    b.peer.queue(5_000);
    b.say({ flags: 'A', seq: 1, ack: 1, window: 0 });
    b.host((e, _, now) => e.readable(now));
    b.wait(7_000); // five probes
    b.say({ flags: 'A', seq: 1, ack: 2, window: 10_000 });
    b.say({ flags: 'A', seq: 1, ack: 5_001, window: 0 });
    b.out();
    b.wait(60_000);
    expect(b.out()).toEqual([]);
    readable(b, 10);
    b.wait(200);
    expect(b.out()).toHaveLength(1);
    b.wait(400);
    expect(b.out()).toHaveLength(1);
  });

  test('a timeout takes the place of a retransmission that found the link full', () => {
    const b = new Bench().open();
    readable(b, 10 * MSS);
    b.out();
    b.room = 0;
    for (let i = 0; i < 3; i++) b.say({ flags: 'A', seq: 1, ack: 1 });
    b.wait(200);
    b.room = Infinity;
    b.tcp.flush(b.now);
    expect(numbers(b)).toEqual([1]);
  });

  test('a host that had nothing to say after all costs no memory', () => {
    const b = new Bench().open();
    readable(b, 0);
    expect(b.tcp.stats()['ringBytes']).toBe(0);
  });

  test('TIME-WAIT owns no memory, and the end of the stack sends nothing for it', () => {
    const b = new Bench().open();
    b.peer.queue('bye');
    b.peer.end();
    b.host((e, _, now) => e.readable(now));
    b.say({ flags: 'FA', seq: 1, ack: 5 });
    b.out();
    expect(b.tcp.stats()).toMatchObject({ flows: 1, ringBytes: 0 });
    b.tcp.close(b.now);
    expect([b.out(), b.flows]).toEqual([[], 0]);
  });
});

describe('sending', () => {
  test('every second full segment of the guest is ACKed at once, whatever its size', () => {
    const b = new Bench().open();
    b.say({ flags: 'A', seq: 1, ack: 1, data: 1_000 });
    expect(b.out()).toEqual([]);
    b.say({ flags: 'A', seq: 1_001, ack: 1, data: 1_000 });
    expect(b.out()).toEqual(['A 1 ack 2001 win 8192']);
    b.say({ flags: 'A', seq: 2_001, ack: 1, data: 1_400 }); // one segment, if a larger one
    expect(b.out()).toEqual([]);
  });

  test('duplicates of what was lost before the last loss say nothing new (RFC 6582 3.2 (1))', () => {
    const b = new Bench().open();
    readable(b, 10 * MSS);
    b.wait(200); // all of it counts as lost
    b.out();
    for (let i = 0; i < 3; i++) b.say({ flags: 'A', seq: 1, ack: 1 });
    expect(numbers(b)).not.toContain(1);
  });

  test('the threshold is halved once, however often the same segment times out (RFC 5681 3.1)', () => {
    const b = new Bench().open();
    readable(b, 10 * MSS);
    b.wait(1_400); // three timeouts
    b.out();
    let sent = 0;
    for (let una = 1 + MSS; una <= 1 + 4 * MSS; una += MSS) {
      b.say({ flags: 'A', seq: 1, ack: una });
      sent += b.out().length;
    }
    expect(sent).toBe(8); // slow start up to five segments: two for each of the four ACKs
  });

  test('a segment leaves room for the options of every segment (RFC 6691)', () => {
    const b = new Bench();
    b.say({ flags: 'S', seq: 0, mss: 9_000, scale: 0, ts: [500, 0] }); // IP carries 1,480
    b.host((e, _, now) => e.opened(now));
    b.say({ flags: 'A', seq: 1, ack: 1, ts: [500, b.tsval] });
    b.out();
    readable(b, 2_000);
    expect(b.out()[0]).toMatch(/\+1448 /);
  });

  test('a full link: who waits is not forgotten, and nobody is served twice', () => {
    const b = new Bench();
    for (const port of [1, 2, 3]) {
      b.say({ flags: 'S', seq: 0, mss: MSS, port });
      b.host((e, _, now) => e.opened(now));
      b.say({ flags: 'A', seq: 1, ack: 1, port });
    }
    b.room = 0;
    for (const peer of b.peers) {
      peer.queue(10);
      peer.events.readable(b.now);
    }
    b.tcp.flush(b.now);
    b.ports.length = 0;
    b.room = 1;
    b.tcp.flush(b.now);
    b.room = Infinity;
    b.tcp.flush(b.now);
    expect(b.ports.sort()).toEqual([1, 2, 3]);
  });

  test('a flow that had little to say has not earned a larger window (RFC 7661 3)', () => {
    const b = new Bench().open();
    for (let i = 0; i < 50; i++) {
      readable(b, 1_000);
      b.say({ flags: 'A', seq: 1, ack: 1_001 + i * 1_000 });
    }
    b.out();
    readable(b, 100_000);
    expect(b.out()).toHaveLength(10);
  });

  test('a lost last segment is sent again with its FIN', () => {
    const b = new Bench().open();
    b.peer.queue(5 * MSS);
    b.peer.end();
    b.host((e, _, now) => e.readable(now));
    b.out();
    for (let i = 0; i < 3; i++) b.say({ flags: 'A', seq: 1, ack: 1 });
    b.out();
    b.say({ flags: 'A', seq: 1, ack: 1 + 4 * MSS });
    expect(b.out()).toEqual([`FPA ${1 + 4 * MSS} +${MSS} ack 1 win 8192`]);
  });

  test('a flow with much to send does not keep another one waiting', () => {
    const b = new Bench();
    const opened = [1, 2].map((port) => {
      b.say({ flags: 'S', seq: 0, mss: 65_000, scale: 8, port });
      const { peer } = b;
      peer.events.opened(b.now);
      b.tcp.flush(b.now);
      b.say({ flags: 'A', seq: 1, ack: 1, port });
      grow(b, port, 600_000);
      return peer;
    });
    b.ports.length = 0;
    for (const peer of opened) {
      peer.queue(400_000);
      peer.events.readable(b.now);
    }
    b.tcp.flush(b.now);
    expect(b.ports.indexOf(2)).toBeLessThan(b.ports.lastIndexOf(1));
  });
});

/** Sends `bytes`, each round acknowledged at once, so that the congestion window grows. */
function grow(b: Bench, port: number, bytes: number): void {
  let una = 1;
  b.peer.queue(bytes);
  b.peer.events.readable(b.now);
  b.tcp.flush(b.now);
  while (una < 1 + bytes) {
    for (const line of b.out()) {
      una = Math.max(una, Number(line.split(' ')[1]) + Number(/\+(\d+)/.exec(line)?.[1] ?? 0));
    }
    b.say({ flags: 'A', seq: 1, ack: una, port });
  }
}
