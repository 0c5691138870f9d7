import { beforeEach, expect, it } from 'vitest';
import { type Counters, DropReport } from './drop-report.ts';
import { Level, Log } from './log.ts';

const SECOND = 1_000;
let said: string[];
let counters: Counters;
let now: number;

beforeEach(() => {
  now = 0;
  said = [];
  counters = { framesIn: 9, IP4_CHECKSUM: 0 };
});

function report(level: Level): DropReport {
  const log = new Log(level, { writableLength: 0, write: (text: string) => said.push(text.slice(9, -1)) });
  return new DropReport(log, () => counters);
}

/** A turn every tenth of a second. */
function pass(drops: DropReport, seconds: number): void {
  for (const until = now + seconds * SECOND; now < until; now += 100) drops.look(now);
}

it('warns once, and only of what no working guest sends', () => {
  const drops = report(Level.WARN);
  counters = { framesIn: 99, ETHER_TYPE: 7 };
  pass(drops, 100);
  expect(said).toEqual([]);
  for (let n = 1; n < 10; n++) {
    counters = { framesIn: 99, ETHER_TYPE: 7, TCP_MALFORMED: n };
    pass(drops, 100);
  }
  expect(said).toEqual(['warn: the guest sends frames that are broken: TCP_MALFORMED 1; -d3 tells more']);
});

it.each([
  [Level.DEBUG, 3],
  [Level.TRACE, 25],
])('level %i: %i lines in 25 seconds of a flood, and none after it', (level, lines) => {
  const drops = report(level);
  for (let n = 1; n <= 25; n++) {
    counters = { POLICY: n * 1_000 };
    pass(drops, 1);
  }
  expect(said).toHaveLength(lines);
  expect(said[0]).toBe('debug: dropped: POLICY 1000');
  pass(drops, 20);
  said = [];
  pass(drops, 100);
  expect(said).toEqual([]);
});

it('says at the end what had to wait', () => {
  const drops = report(Level.DEBUG);
  counters = { POLICY: 1 };
  pass(drops, 1);
  counters = { POLICY: 3, CLOSED: 1 };
  drops.close();
  expect(said).toEqual(['debug: dropped: POLICY 1', 'debug: dropped: POLICY 2, CLOSED 1']);
});

it('is silent below warnings', () => {
  const drops = report(Level.ERROR);
  counters = { IP4_CHECKSUM: 1 };
  drops.close();
  expect(said).toEqual([]);
});
