import * as Options from '@reslirp/wire/tcp-options';
import { describe, expect, test } from 'vitest';
import { Mark } from './flight.ts';
import { Rack } from './rack.ts';
import { type Seq, seq } from './seq.ts';

const SIZE = 1_000;
const RTT = 40;
const at = (n: number): Seq => seq(n * SIZE);

/** `n` segments left, one in each millisecond. */
function flying(n: number): Rack {
  const rack = new Rack(SIZE, at(0));
  for (let i = 1; i <= n; i++) rack.sent(at(i), i);
  return rack;
}

/** An ACK up to segment `una`; `blocks`: first and last segment of each, as counted from 0, and one behind. */
function hear(
  rack: Rack,
  una: number,
  max: number,
  now: number,
  ...blocks: readonly (readonly [number, number])[]
): void {
  const options = Options.blank();
  options.sackRanges = blocks.length;
  blocks.forEach(([left, right], i) => {
    options.sack[2 * i] = at(left);
    options.sack[2 * i + 1] = at(right);
  });
  rack.heard(options, at(una), at(max), now, false);
}

/** Which segments are held for lost; counted from the first in flight. */
function lost(rack: Rack): number[] {
  const { flight } = rack;
  return Array.from({ length: flight.count }, (_, i) => i).filter((i) => (flight.marks(i) & Mark.LOST) !== 0);
}

describe('RACK, RFC 8985 6.2', () => {
  test('three that left later have arrived: the first is lost', () => {
    const rack = flying(5);
    hear(rack, 0, 5, RTT + 2, [1, 2]);
    hear(rack, 0, 5, RTT + 3, [1, 3]);
    expect(lost(rack)).toEqual([]);
    hear(rack, 0, 5, RTT + 4, [1, 4]);
    expect(lost(rack)).toEqual([0]);
  });

  test('fewer have: a quarter of the round trip later it is', () => {
    const rack = flying(3);
    hear(rack, 0, 3, RTT + 2, [1, 2]);
    expect([lost(rack), rack.lostAt]).toEqual([[], 1 + RTT + RTT / 4]);
    rack.detect(rack.lostAt, at(3));
    expect(lost(rack)).toEqual([0]);
  });

  test('what was overtaken is waited for, as long as round trips usually are', () => {
    const rack = flying(40);
    for (let i = 0; i < 10; i++) hear(rack, i + 1, 40, RTT + i + 1);
    hear(rack, 10, 40, RTT + 12, [11, 12]);
    hear(rack, 12, 40, RTT + 13); // nothing was lost: the guest reorders
    hear(rack, 12, 40, 54, [39, 40]); // left at 40, so that its round trip was 14
    expect(lost(rack)).toEqual([]);
    expect(rack.lostAt).toBeGreaterThan(13 + RTT);
  });

  test('DSACK: what was sent again in vain makes for more patience: half a round trip', () => {
    const rack = flying(8);
    hear(rack, 2, 8, RTT + 2, [0, 1]);
    hear(rack, 2, 8, RTT + 4, [3, 4]);
    expect(Math.round(rack.lostAt)).toBe(3 + 1.5 * RTT + 1);
  });
});

describe('the retransmission timeout, RFC 8985 6.3', () => {
  test('takes the first for lost, and what left a round trip ago, but not what has just left', () => {
    const rack = flying(4);
    hear(rack, 1, 4, RTT + 1);
    rack.sent(at(5), 200);
    rack.timedOut(210, at(5));
    expect(lost(rack)).toEqual([0, 1, 2]);
    expect(rack.room).toBeLessThanOrEqual(SIZE);
  });

  test('a guest that has thrown away what it said it had gets it again (RFC 2018 8)', () => {
    const rack = flying(3);
    hear(rack, 0, 3, RTT + 2, [1, 3]);
    hear(rack, 1, 3, RTT + 3);
    rack.timedOut(300, at(3));
    expect(lost(rack)).toEqual([0, 1]);
  });
});
