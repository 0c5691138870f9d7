import { describe, expect, test } from 'vitest';
import { Drop } from '../../src/drop.ts';
import { Refusal } from '../../src/host.ts';
import { Bench } from './bench.ts';

describe('ESTABLISHED, bytes from the guest', () => {
  test('go to the host at once, and one ACK for all of a turn at its end', () => {
    const b = new Bench().open();
    b.put({ flags: 'A', seq: 1, ack: 1, data: 1460 });
    b.put({ flags: 'A', seq: 1461, ack: 1, data: 1460 });
    b.put({ flags: 'A', seq: 2921, ack: 1, data: 1460 });
    expect([b.peer.got.length, b.out()]).toEqual([4_380, []]);
    b.tcp.flush(b.now);
    expect(b.out()).toEqual(['A 1 ack 4381 win 8192']);
  });

  test('less than two full segments wait 40 ms for company', () => {
    const b = new Bench().open();
    b.say({ flags: 'PA', seq: 1, ack: 1, data: 'hello' });
    b.wait(39);
    expect([b.peer.got, b.out()]).toEqual(['hello', []]);
    b.wait(1);
    expect(b.out()).toEqual(['A 1 ack 6 win 8192']);
  });

  test('an answer within those 40 ms carries the ACK', () => {
    const b = new Bench().open();
    b.say({ flags: 'PA', seq: 1, ack: 1, data: 'ping' });
    b.peer.queue('pong');
    b.host((e, _, now) => e.readable(now));
    b.wait(100);
    expect(b.out()).toEqual(['PA 1 +4 ack 5 win 8192']);
  });

  test('out of order: each one is answered with a duplicate ACK, none is lost, the filled gap is ACKed at once', () => {
    const b = new Bench().open();
    b.put({ flags: 'A', seq: 4, ack: 1, data: 'def' });
    b.put({ flags: 'A', seq: 10, ack: 1, data: 'jk' });
    expect([b.peer.got, b.out()]).toEqual(['', ['A 1 ack 1 win 8192', 'A 1 ack 1 win 8192']]);
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'abc' });
    expect([b.peer.got, b.out()]).toEqual(['abcdef', ['A 1 ack 7 win 8192']]);
    b.say({ flags: 'A', seq: 7, ack: 1, data: 'ghi' });
    expect(b.peer.got).toBe('abcdefghijk');
  });

  test('old bytes before new ones are cut off; old bytes alone are ACKed again', () => {
    const b = new Bench().open();
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'abc' });
    b.say({ flags: 'A', seq: 2, ack: 1, data: 'bcdef' });
    expect(b.peer.got).toBe('abcdef');
    b.out();
    expect(b.say({ flags: 'A', seq: 1, ack: 1, data: 'abc' })).toBe(Drop.TCP_OUT_OF_WINDOW);
    expect(b.out()).toEqual(['A 1 ack 7 win 8192']);
  });

  test('beyond the window nothing is taken', () => {
    const b = new Bench().open();
    expect(b.say({ flags: 'A', seq: 262_146, ack: 1, data: 'x' })).toBe(Drop.TCP_OUT_OF_WINDOW);
    b.say({ flags: 'A', seq: 262_144, ack: 1, data: 'yz' }); // y is the last byte inside
    expect(b.tcp.stats()['ringBytes']).toBe(1 << 18);
  });

  test('a segment without ACK is dropped', () => {
    const b = new Bench().open();
    expect(b.say({ flags: 'P', seq: 1, data: 'x' })).toBe(Drop.TCP_UNACCEPTABLE);
    expect(b.peer.got).toBe('');
  });
});

describe('ESTABLISHED, a host that does not read', () => {
  test('the window closes behind what was ACKed, and opens again with an update', () => {
    const b = new Bench({ buffer: 1 << 18 }).open();
    b.peer.room = 0;
    for (let seq = 1; seq < 262_145; seq += 16_384) b.say({ flags: 'A', seq, ack: 1, data: 16_384 });
    expect(b.out().at(-1)).toBe('A 1 ack 262145 win 0');
    b.peer.room = 1_000;
    b.host((e, _, now) => e.writable(now));
    expect(b.out()).toEqual([]); // too little to speak of (RFC 9293 3.8.6.2.2)
    b.peer.room = 100_000;
    b.host((e, _, now) => e.writable(now));
    expect(b.out()).toEqual(['A 1 ack 262145 win 12625']);
    expect(b.peer.got).toHaveLength(101_000);
  });

  test('a probe of the closed window is answered, its byte is not taken, its ACK counts', () => {
    const b = new Bench({ buffer: 1 << 18 }).open();
    b.peer.room = 0;
    for (let seq = 1; seq < 262_145; seq += 16_384) b.say({ flags: 'A', seq, ack: 1, data: 16_384 });
    b.peer.queue('abc');
    b.host((e, _, now) => e.readable(now));
    b.out();
    b.say({ flags: 'A', seq: 262_145, ack: 4, data: 'p' });
    expect(b.out()).toEqual(['A 4 ack 262145 win 0']);
    b.wait(1_000);
    expect([b.out(), b.tcp.deadline()]).toEqual([[], Infinity]); // nothing of ours is in flight any more
  });

  test('what was taken leaves in order, however little the host takes at a time', () => {
    const b = new Bench().open();
    b.peer.room = 2;
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'abcdef' });
    b.say({ flags: 'A', seq: 7, ack: 1, data: 'gh' });
    for (let i = 0; i < 4; i++) {
      b.peer.room = 3;
      b.host((e, _, now) => e.writable(now));
    }
    expect(b.peer.got).toBe('abcdefgh');
    expect(b.tcp.stats()['ringBytes']).toBe(0);
  });
});

describe('ESTABLISHED, bytes from the host', () => {
  test('leave in full segments, the last one pushed', () => {
    const b = new Bench().open();
    b.peer.queue(3_000);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toEqual(['A 1 +1460 ack 1 win 8192', 'A 1461 +1460 ack 1 win 8192', 'PA 2921 +80 ack 1 win 8192']);
  });

  test('at most ten segments before the first ACK (RFC 6928), twice that after', () => {
    const b = new Bench().open();
    b.peer.queue(100_000);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toHaveLength(10);
    b.say({ flags: 'A', seq: 1, ack: 14_601 });
    expect(b.out()).toHaveLength(20);
  });

  test('never more than the window', () => {
    const b = new Bench().open({ window: 4_000 });
    b.peer.queue(10_000);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toHaveLength(2); // 1,080 bytes of window are silly
    b.say({ flags: 'A', seq: 1, ack: 2_921, window: 1_080 });
    expect(b.out()).toEqual([]);
    b.say({ flags: 'A', seq: 1, ack: 2_921, window: 4_000 });
    expect(b.out()).toHaveLength(2);
  });

  test('a guest with a buffer below one segment gets what it can take', () => {
    const b = new Bench().open({ window: 500 });
    b.peer.queue(1_200);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toEqual(['A 1 +500 ack 1 win 8192']);
  });

  test('the guest without an MSS option is sent 536 bytes (RFC 9293 3.7.1)', () => {
    const b = new Bench();
    b.say({ flags: 'S', seq: 0 });
    b.host((e, _, now) => e.opened(now));
    b.say({ flags: 'A', seq: 1, ack: 1, window: 9_000 });
    b.out();
    b.peer.queue(600);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toEqual(['A 1 +536 ack 1 win 65535', 'PA 537 +64 ack 1 win 65535']);
  });

  test('a link that cuts gets one large segment', () => {
    const b = new Bench({ segmentation: 65_000 }).open();
    b.peer.queue(14_000);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toEqual(['PA 1 +14000/1460 ack 1 win 8192']);
  });

  test('a full link keeps them, and no ACK of the guest is needed to go on', () => {
    const b = new Bench().open();
    b.room = 1;
    b.peer.queue(3_000);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toHaveLength(1);
    b.room = 9;
    b.tcp.flush(b.now);
    expect(b.out()).toHaveLength(2);
  });

  test('an ACK of what was never sent is answered, and nothing else in it counts', () => {
    const b = new Bench().open();
    expect(b.say({ flags: 'A', seq: 1, ack: 2, data: 'forged' })).toBe(Drop.TCP_UNACCEPTABLE);
    expect([b.peer.got, b.out()]).toEqual(['', ['A 1 ack 1 win 8192']]);
  });

  test('the ring grows with the flow, and is given back', () => {
    const b = new Bench().open({ scale: 8, window: 0xffff });
    b.peer.queue(2_000_000);
    b.host((e, _, now) => e.readable(now));
    let una = 1;
    for (let i = 0; i < 200 && una < 2_000_001; i++) {
      for (const line of b.out())
        una = Math.max(una, Number(line.split(' ')[1]) + Number(/\+(\d+)/.exec(line)?.[1] ?? 0));
      b.say({ flags: 'A', seq: 1, ack: una, window: 0xffff });
      if (i === 8) expect(b.tcp.stats()['ringBytes']).toBeGreaterThan(1 << 18);
    }
    expect([una, b.tcp.stats()['ringBytes']]).toEqual([2_000_001, 0]);
  });
});

describe('ESTABLISHED, resets', () => {
  test('of the guest, with just the expected number, reset the host', () => {
    const b = new Bench().open();
    b.say({ flags: 'R', seq: 1 });
    expect([b.peer.log, b.flows, b.out()]).toEqual([['abort'], 0, []]);
  });

  test('within the window are challenged, once in 500 ms (RFC 5961 3.2)', () => {
    const b = new Bench().open();
    b.say({ flags: 'R', seq: 2 });
    b.say({ flags: 'R', seq: 3 });
    expect([b.flows, b.out()]).toEqual([1, ['A 1 ack 1 win 8192']]);
    b.wait(500);
    b.say({ flags: 'R', seq: 2 });
    expect(b.out()).toHaveLength(1);
  });

  test('outside of it are not even answered', () => {
    const b = new Bench().open();
    expect(b.say({ flags: 'R', seq: 0 })).toBe(Drop.TCP_OUT_OF_WINDOW);
    expect([b.flows, b.out()]).toEqual([1, []]);
  });

  test('a SYN is challenged wherever it lies (RFC 5961 4.2)', () => {
    const b = new Bench().open();
    b.say({ flags: 'S', seq: 9 });
    expect(b.out()).toEqual(['A 1 ack 1 win 8192']);
    b.wait(500);
    b.say({ flags: 'S', seq: -70_000 });
    expect(b.out()).toEqual(['A 1 ack 1 win 8192']);
    expect(b.flows).toBe(1);
  });

  test('of the host reach the guest with the number it expects', () => {
    const b = new Bench().open();
    b.peer.queue('abc');
    b.host((e, _, now) => e.readable(now));
    b.out();
    b.host((e, _, now) => e.failed(Refusal.RESET, now));
    expect([b.out(), b.flows, b.tcp.deadline()]).toEqual([['RA 4 ack 1 win 8192'], 0, Infinity]);
  });

  test('closing the stack resets both sides of every flow', () => {
    const b = new Bench().open();
    b.tcp.close(b.now);
    expect([b.out(), b.peer.log, b.flows]).toEqual([['RA 1 ack 1 win 8192'], ['abort'], 0]);
  });
});

test('a keep-alive probe is answered (RFC 9293 3.8.4)', () => {
  const b = new Bench().open();
  b.say({ flags: 'A', seq: 0, ack: 1 });
  expect(b.out()).toEqual(['A 1 ack 1 win 8192']);
});

describe('urgent data, RFC 6093', () => {
  test('its last byte is urgent for the host too, and what is around it is not', () => {
    const b = new Bench().open();
    b.say({ flags: 'PA', seq: 1, ack: 1, data: 'abcde', urgent: 3 });
    expect([b.peer.got, b.peer.log]).toEqual(['abcde', ['urgent c']]);
  });

  test.each([
    ['behind this segment', 9],
    ['nowhere', 0],
  ])('a pointer %s changes nothing', (_where, urgent) => {
    const b = new Bench().open();
    b.say({ flags: 'PA', seq: 1, ack: 1, data: 'abcde', urgent });
    expect([b.peer.got, b.peer.log]).toEqual(['abcde', []]);
  });

  test('out of order, or while the host does not take anything, it stays in line', () => {
    const b = new Bench().open();
    b.say({ flags: 'PA', seq: 3, ack: 1, data: 'cd', urgent: 1 });
    b.say({ flags: 'PA', seq: 1, ack: 1, data: 'ab' });
    b.peer.room = 0;
    b.say({ flags: 'PA', seq: 5, ack: 1, data: 'ef', urgent: 2 });
    b.peer.room = 9;
    b.host((e, _, now) => e.writable(now));
    expect([b.peer.got, b.peer.log]).toEqual(['abcdef', []]);
  });

  /** The host says `before`, the last byte of which is urgent, and then `behind`. */
  function urge(b: Bench, before: number | string, behind: number | string = ''): void {
    b.host((e, peer, now) => {
      peer.queue(before);
      peer.mark();
      peer.queue(behind);
      e.readable(now);
    });
  }

  test('of the host: each segment says how far ahead it ends, until that is acknowledged', () => {
    const b = new Bench().open();
    urge(b, 2_000, 10);
    expect(b.out()).toEqual(['A 1 +1460 ack 1 urg 2000 win 8192', 'PA 1461 +550 ack 1 urg 540 win 8192']);
    b.host((e, peer, now) => {
      peer.queue('later');
      e.readable(now);
    });
    expect(b.out()).toEqual(['PA 2011 +5 ack 1 win 8192']);
    b.wait(250); // nobody has heard any of it
    expect(b.out()[0]).toBe('A 1 +1460 ack 1 urg 2000 win 8192');
    b.say({ flags: 'A', seq: 1, ack: 2_001 });
    b.host((e, peer, now) => {
      peer.queue('z');
      e.readable(now);
    });
    expect(b.out().some((line) => line.includes('urg'))).toBe(false);
    expect(b.tcp.stats()['urgent']).toBe(1);
  });

  test('a guest whose window is closed hears of it all the same', () => {
    const b = new Bench().open();
    b.say({ flags: 'A', seq: 1, ack: 1, window: 0 });
    urge(b, 'x');
    b.say({ flags: 'PA', seq: 1, ack: 1, window: 0, data: 'a' });
    b.wait(1_000);
    expect(b.out().filter((line) => line.includes('urg 1'))).not.toEqual([]);
  });

  test('of several the last one counts', () => {
    const b = new Bench().open();
    urge(b, 'ab');
    urge(b, 'cd');
    expect(b.out()).toEqual(['PA 1 +2 ack 1 urg 2 win 8192', 'PA 3 +2 ack 1 urg 2 win 8192']);
    b.wait(250);
    expect(b.out()[0]).toContain('urg 4');
  });

  test('farther ahead than 65,535 bytes it is told of later, and never wrongly', () => {
    const b = new Bench({ buffer: 1 << 18 }).open({ scale: 4 });
    urge(b, 70_000);
    const heard: string[] = [];
    for (let at = 1; at < 70_001; ) {
      const said = b.out();
      heard.push(...said);
      for (const line of said)
        at = Math.max(at, ...[/^P?A (\d+) \+(\d+)/.exec(line)].map((m) => Number(m?.[1]) + Number(m?.[2])));
      b.say({ flags: 'A', seq: 1, ack: at });
    }
    const told = heard.flatMap((line) => {
      const [, seq, , urgent] = /^P?A (\d+)( \+\d+)? ack 1(?: urg (\d+))? /.exec(line)!;
      return urgent === undefined ? [] : [Number(seq) + Number(urgent)];
    });
    expect(new Set(told)).toEqual(new Set([70_001]));
  });

  test('the link cuts nothing before it, for the pointer would be the same in each part', () => {
    const b = new Bench({ segmentation: 65_000 }).open();
    urge(b, 3_000, 5_000);
    expect(b.out().map((line) => line.replace(/ ack.*urg/, ' urg'))).toEqual([
      'A 1 +1460 urg 3000 win 8192',
      'A 1461 +1460 urg 1540 win 8192',
      'A 2921 +1460 urg 80 win 8192',
      expect.stringMatching(/^PA 4381 \+3620\/1460 ack 1 win/),
    ]);
  });

  test('what follows once it is acknowledged may be cut again, when it is repeated too', () => {
    const b = new Bench({ segmentation: 65_000 }).open({ sack: true });
    urge(b, 'x');
    b.say({ flags: 'A', seq: 1, ack: 2 });
    b.host((e, peer, now) => {
      peer.queue(5_000);
      e.readable(now);
    });
    b.out();
    b.wait(2_000);
    expect(b.out().some((line) => /^P?A 2 \+\d+\/1460 /.test(line))).toBe(true);
  });

  test('before the guest has acknowledged our SYN it is told right', () => {
    const b = new Bench();
    b.say({ flags: 'S', seq: 0, mss: 1460 });
    b.host((e, _, now) => e.opened(now));
    b.out();
    urge(b, 'abc', 'de');
    b.say({ flags: 'A', seq: 1, ack: 1 });
    expect(b.out()).toEqual([expect.stringMatching(/^PA 1 \+5 ack 1 urg 3/)]);
  });
});
