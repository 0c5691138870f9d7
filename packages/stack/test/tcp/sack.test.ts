// SACK as a receiver, RFC 2018.
import { expect, test } from 'vitest';
import { Bench } from './bench.ts';

test('is offered to a guest that offers it', () => {
  const b = new Bench();
  b.say({ flags: 'S', seq: 0, mss: 1460, scale: 0, sack: true });
  b.host((e, _, now) => e.opened(now));
  expect(b.out()).toEqual(['SA 0 ack 1 win 65535 mss=1460 scale=5 sack']);
});

test('a guest that did not offer it hears nothing of it', () => {
  const b = new Bench().open();
  b.say({ flags: 'A', seq: 11, ack: 1, data: 10 });
  expect(b.out()).toEqual(['A 1 ack 1 win 8192']);
});

test('the block of the last segment comes first, then the others from the highest on (4)', () => {
  const b = new Bench().open({ sack: true });
  b.say({ flags: 'A', seq: 11, ack: 1, data: 10 });
  b.say({ flags: 'A', seq: 51, ack: 1, data: 10 });
  b.say({ flags: 'A', seq: 31, ack: 1, data: 10 });
  b.say({ flags: 'A', seq: 21, ack: 1, data: 5 });
  expect(b.out()).toEqual([
    'A 1 ack 1 win 8192 sack 11-21',
    'A 1 ack 1 win 8192 sack 51-61 11-21',
    'A 1 ack 1 win 8192 sack 31-41 51-61 11-21',
    'A 1 ack 1 win 8192 sack 11-26 51-61 31-41',
  ]);
});

test('a filled gap leaves the blocks beyond it, also while the host does not read', () => {
  const b = new Bench().open({ sack: true });
  b.peer.room = 3;
  b.say({ flags: 'A', seq: 31, ack: 1, data: 10 });
  b.say({ flags: 'A', seq: 11, ack: 1, data: 10 });
  b.out();
  b.say({ flags: 'A', seq: 1, ack: 1, data: 10 });
  expect(b.out()).toEqual(['A 1 ack 21 win 8191 sack 31-41']);
  b.say({ flags: 'A', seq: 21, ack: 1, data: 10 });
  expect(b.out()).toEqual(['A 1 ack 41 win 8190']);
});

test('four blocks without timestamps, three with them; the last one to come is always among them', () => {
  for (const [options, most] of [
    [{ sack: true }, 4],
    [{ sack: true, ts: [500, 0] as const }, 3],
  ] as const) {
    const b = new Bench().open(options);
    const ts = 'ts' in options ? { ts: [500, b.tsval] as const } : {};
    for (let seq = 11; seq < 200; seq += 20) b.say({ flags: 'A', seq, ack: 1, data: 10, ...ts });
    b.say({ flags: 'A', seq: 21, ack: 1, data: 1, ...ts });
    const blocks = b.out().at(-1)!.split(' sack ')[1]!.split(' ');
    expect([blocks.length, blocks[0], blocks[1]]).toEqual([most, '11-22', '191-201']);
  }
});

test('what comes twice is said first: below what is acknowledged, or within a later block (RFC 2883 4)', () => {
  const b = new Bench().open({ sack: true });
  b.say({ flags: 'A', seq: 1, ack: 1, data: 20 });
  b.say({ flags: 'A', seq: 31, ack: 1, data: 20 });
  b.out();
  b.say({ flags: 'A', seq: 1, ack: 1, data: 10 });
  b.say({ flags: 'A', seq: 35, ack: 1, data: 10 });
  b.say({ flags: 'A', seq: 11, ack: 1, data: 15 }); // and five new ones
  b.say({ flags: 'A', seq: 61, ack: 1, data: 10 });
  expect(b.out()).toEqual([
    'A 1 ack 21 win 8192 sack 1-11 31-51',
    'A 1 ack 21 win 8192 sack 35-45 31-51',
    'A 1 ack 26 win 8192 sack 11-21 31-51',
    'A 1 ack 26 win 8192 sack 61-71 31-51',
  ]);
  expect(b.peer.got).toHaveLength(25);
});

test('a guest without SACK hears nothing of it', () => {
  const b = new Bench().open();
  b.say({ flags: 'A', seq: 1, ack: 1, data: 10 });
  b.out();
  b.say({ flags: 'A', seq: 1, ack: 1, data: 10 });
  expect(b.out()).toEqual(['A 1 ack 11 win 8192']);
});

test('a hundred holes lose nothing that came', () => {
  const b = new Bench().open({ sack: true });
  for (let i = 1; i <= 100; i++) b.say({ flags: 'A', seq: 20 * i + 1, ack: 1, data: 10 });
  for (let i = 0; i <= 100; i++)
    b.say({ flags: 'A', seq: 20 * i + (i === 0 ? 1 : -9), ack: 1, data: i === 0 ? 11 : 10 });
  expect(b.out().at(-1)).toBe('A 1 ack 2011 win 8192');
});

test('data that leaves meanwhile has no room for blocks', () => {
  const b = new Bench().open({ sack: true });
  b.put({ flags: 'A', seq: 11, ack: 1, data: 10 });
  b.out();
  b.peer.queue(10);
  b.host((e, _, now) => e.readable(now));
  expect(b.out()).toEqual(['PA 1 +10 ack 1 win 8192']);
});
