// SYN-SENT, RFC 9293 3.10.7.3: connections that come through forwards, where we call the guest.
import { describe, expect, test } from 'vitest';
import { Bench, GUEST, SERVER } from './bench.ts';

/** The guest has answered our SYN. */
function open(b: Bench = new Bench()): Bench {
  b.visit(SERVER);
  b.out();
  b.say({ flags: 'SA', seq: 0, ack: 1, mss: 1460, scale: 2, window: 1_000 });
  return b;
}

describe('SYN-SENT', () => {
  test('our SYN offers everything, and acknowledges nothing', () => {
    const b = new Bench();
    expect(b.visit(SERVER)).toBe(true);
    expect(b.out()).toEqual([expect.stringMatching(/^S 0 ack \d+ win 65535 mss=1460 scale=\d+ sack ts$/)]);
    expect([b.flows, b.peer.log]).toEqual([1, []]);
  });

  test('the guest answers: ESTABLISHED, and the window of its SYN is taken as it stands', () => {
    const b = open();
    expect(b.out()).toEqual([expect.stringMatching(/^A 1 ack 1 win /)]);
    b.peer.queue(3_000);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toEqual([expect.stringMatching(/^A 1 \+1000 ack 1/)]);
    b.say({ flags: 'A', seq: 1, ack: 1_001, window: 1_000 });
    expect(b.out().map((line) => line.split(' ')[2])).toEqual(['+1460', '+540']);
  });

  test('what the guest has not offered is not used', () => {
    const b = new Bench();
    b.visit(SERVER);
    b.say({ flags: 'SA', seq: 0, ack: 1, mss: 500 });
    b.out();
    b.peer.queue(600);
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toEqual(['A 1 +500 ack 1 win 65535', 'PA 501 +100 ack 1 win 65535']);
  });

  test('bytes of the client wait for the guest, and follow', () => {
    const b = new Bench();
    b.visit(SERVER);
    b.peer.queue('early');
    b.host((e, _, now) => e.readable(now));
    expect(b.out()).toHaveLength(1);
    b.say({ flags: 'SA', seq: 0, ack: 1, mss: 1460 });
    expect(b.out().at(-1)).toMatch(/^PA 1 \+5 ack 1/);
  });

  test('the guest refuses: so is the client', () => {
    const b = new Bench();
    b.visit(SERVER);
    b.out();
    b.say({ flags: 'RA', seq: 0, ack: 1 });
    expect([b.peer.log, b.flows, b.out(), b.tcp.stats()['refused']]).toEqual([['abort'], 0, [], 1]);
  });

  test.each([
    ['a RST that acknowledges nothing', { flags: 'R', seq: 0 }, []],
    ['a RST that acknowledges something else', { flags: 'RA', seq: 0, ack: 2 }, []],
    ['an ACK of something else: it is refused', { flags: 'A', seq: 7, ack: 9 }, ['R 9 ack 16 win 0']],
    ['a SYN-ACK of something else: it is refused', { flags: 'SA', seq: 7, ack: 0 }, ['R 0 ack 16 win 0']],
    ['data without an ACK', { flags: 'P', seq: 1, data: 'x' }, []],
  ])('%s changes nothing', (_what, said, answer) => {
    const b = new Bench();
    b.visit(SERVER);
    b.out();
    b.say(said);
    expect([b.peer.log, b.flows, b.out()]).toEqual([[], 1, answer]);
  });

  test('a lost SYN is sent again, with back-off, and the client is reset in the end', () => {
    const b = new Bench();
    b.visit(SERVER);
    b.wait(200_000);
    expect([b.out().length, b.peer.log, b.flows]).toEqual([6, ['abort'], 0]);
  });

  test('both open at once: SYN-RECEIVED, and one connection', () => {
    const b = new Bench();
    b.visit(SERVER);
    b.out();
    b.say({ flags: 'S', seq: 0, mss: 1460, scale: 0 });
    expect(b.out()).toEqual([expect.stringMatching(/^SA 0 ack 1 /)]);
    b.say({ flags: 'SA', seq: 0, ack: 1, mss: 1460 });
    b.say({ flags: 'A', seq: 1, ack: 1, data: 'hello' });
    expect([b.peer.got, b.flows]).toEqual(['hello', 1]);
  });
});

describe('a guest that has not spoken yet', () => {
  test('the SYN leaves as soon as ARP knows it', () => {
    const b = new Bench();
    b.known = false;
    b.visit(SERVER);
    b.wait(100);
    expect(b.out()).toEqual([]);
    b.known = true;
    b.wait(300);
    expect(b.out()).toHaveLength(1);
  });

  test('and the client is reset when nobody has the address', () => {
    const b = new Bench();
    b.known = false;
    b.visit(SERVER);
    b.wait(10_000);
    expect([b.out(), b.peer.log, b.flows, b.tcp.deadline()]).toEqual([[], ['abort'], 0, Infinity]);
  });
});

describe('names', () => {
  test('two clients with one name get two ports', () => {
    const b = new Bench();
    b.visit(SERVER);
    b.visit(SERVER);
    expect(b.flows).toBe(2);
  });

  test('the table is full: the longest idle flow makes room', () => {
    const b = new Bench({ maxFlows: 1 });
    b.visit(SERVER);
    const [first] = b.peers;
    b.visit(SERVER, GUEST);
    expect([b.flows, first!.log]).toEqual([1, ['abort']]);
  });
});
