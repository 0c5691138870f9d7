// RFC 1191 6.4: the way to the guest is narrower than its cable.
import { describe, expect, test } from 'vitest';
import { Drop } from '../../src/drop.ts';
import { Bench } from './bench.ts';

/** Three full segments are in flight. */
function sending(sack: boolean, segmentation: number = 0): Bench {
  const b = new Bench({ segmentation }).open({ sack });
  b.peer.queue(4_380);
  b.host((e, _, now) => e.readable(now));
  b.out();
  return b;
}

/** First bytes and sizes. */
function sizes(b: Bench): string[] {
  return b.out().map((line) => line.split(' ').slice(1, 3).join(' '));
}

/** Segments keep their edges. */
const FIRST = ['1 +960', '961 +500', '1461 +960', '2421 +500', '2921 +960', '3881 +500'];

describe.each([false, true])('ESTABLISHED, SACK %s', (sack) => {
  test('what is in flight leaves again in segments that fit, and so does what follows', () => {
    const b = sending(sack);
    expect(b.tooBig(1, 1_000)).toBe(Drop.NO);
    expect(sizes(b)).toEqual(FIRST);
    b.say({ flags: 'A', seq: 1, ack: 4_381 });
    b.peer.queue(1_000);
    b.host((e, _, now) => e.readable(now));
    expect(sizes(b)).toEqual(['4381 +960', '5341 +40']);
    expect([b.tcp.stats()['narrowed'], b.drops.snapshot()]).toEqual([1, {}]);
  });

  test('a second message about the same changes nothing', () => {
    const b = sending(sack);
    b.tooBig(1, 1_000);
    b.out();
    b.tooBig(1_461, 1_000);
    expect(sizes(b)).toEqual([]);
  });

  test('nobody is believed who makes segments tiny', () => {
    const b = sending(sack);
    b.tooBig(1, 1);
    expect(sizes(b)[0]).toBe('1 +88');
  });

  test.each([
    ['acknowledged', 0],
    ['never sent', 4_381],
    ['far away', 1 << 30],
  ])('a segment that was %s is no reason (RFC 5927 4.1)', (_what, seq) => {
    const b = sending(sack);
    expect(b.tooBig(seq, 1_000)).toBe(Drop.ICMP_UNBELIEVABLE);
    expect([sizes(b), b.drops.snapshot()]).toEqual([[], { ICMP_UNBELIEVABLE: 1 }]);
  });

  test('larger segments than there are, are no news', () => {
    const b = sending(sack);
    expect(b.tooBig(1, 1_500)).toBe(Drop.NO);
    expect(sizes(b)).toEqual([]);
  });
});

test('a link that cuts gets the smaller size to cut to', () => {
  const b = sending(true, 65_000);
  b.tooBig(1, 1_000);
  expect(sizes(b)).toEqual(['1 +4380/960']);
});

test('who has no flow is not believed', () => {
  expect(new Bench().tooBig(1, 1_000)).toBe(Drop.ICMP_UNBELIEVABLE);
});
