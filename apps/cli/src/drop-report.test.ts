import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Counters, DropReport } from './drop-report.ts';
import { Level, Log } from './log.ts';

const SECOND = 1_000;
let said: string[];
let counters: Counters;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  counters = { framesIn: 9, IP4_CHECKSUM: 0 };
});
afterEach(() => {
  vi.useRealTimers();
});

function report(level: Level): DropReport {
  const log = new Log(level, { writableLength: 0, write: (text: string) => said.push(text.slice(9, -1)) });
  return new DropReport(log, () => counters, Date.now);
}

it('warns once, and only of what no working guest sends', () => {
  report(Level.WARN);
  counters = { framesIn: 99, ETHER_TYPE: 7 };
  vi.advanceTimersByTime(100 * SECOND);
  expect(said).toEqual([]);
  for (let n = 1; n < 10; n++) {
    counters = { framesIn: 99, ETHER_TYPE: 7, TCP_MALFORMED: n };
    vi.advanceTimersByTime(100 * SECOND);
  }
  expect(said).toEqual(['warn: the guest sends frames that are broken: TCP_MALFORMED 1; -d3 tells more']);
  expect(vi.getTimerCount()).toBe(0);
});

it.each([
  [Level.DEBUG, 3],
  [Level.TRACE, 25],
])('level %i: %i lines in 25 seconds of a flood, and none after it', (level, lines) => {
  report(level);
  for (let n = 1; n <= 25; n++) {
    counters = { POLICY: n * 1_000 };
    vi.advanceTimersByTime(SECOND);
  }
  expect(said).toHaveLength(lines);
  expect(said[0]).toBe('debug: dropped: POLICY 1000');
  vi.advanceTimersByTime(20 * SECOND);
  said = [];
  vi.advanceTimersByTime(100 * SECOND);
  expect(said).toEqual([]);
});

it('says at the end what had to wait', () => {
  const drops = report(Level.DEBUG);
  counters = { POLICY: 1 };
  vi.advanceTimersByTime(SECOND);
  counters = { POLICY: 3, CLOSED: 1 };
  drops.close();
  expect(said).toEqual(['debug: dropped: POLICY 1', 'debug: dropped: POLICY 2, CLOSED 1']);
  expect(vi.getTimerCount()).toBe(0);
});

it('is silent below warnings', () => {
  const drops = report(Level.ERROR);
  counters = { IP4_CHECKSUM: 1 };
  drops.close();
  expect(said).toEqual([]);
});
