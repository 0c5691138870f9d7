import { describe, expect, test } from 'vitest';
import { Clock, onCable, seeded, send } from '../test/benches.ts';
import { delay, type Impairment, type ImpairmentCounters, impair } from './impair.ts';
import type { FrameHandler, Link } from './link.ts';
import { pair } from './pair.ts';

const random = seeded(42);
const COUNT = 2_000;
const IN_ORDER = Array.from({ length: COUNT }, (_, i) => i);

interface Passage {
  readonly got: number[];
  readonly counters: Readonly<ImpairmentCounters>;
  readonly took: number;
  readonly asked: number;
}

/** Numbered frames through a bad cable, ten each millisecond; what arrives, in order. */
function through(options: Partial<Impairment>): Passage {
  const clock = new Clock();
  const [ours, theirs] = pair();
  const { now, schedule } = clock;
  const link = impair(ours, { random, now, schedule, ...options });
  const got: number[] = [];
  theirs.onFrame((b, at) => got.push(b[at + 20]! * 256 + b[at + 21]!));
  for (const i of IN_ORDER) {
    const at = link.reserve(60);
    link.slab.set([i >> 8, i & 255], at + 20);
    link.commit(60);
    link.flush();
    if (i % 10 === 9) clock.run(clock.time + 1);
  }
  clock.run();
  return { got, counters: link.counters, took: clock.time, asked: clock.asked };
}

const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

describe('a bad cable', () => {
  test('loses, doubles and corrupts about as often as asked, and counts', () => {
    const { got, counters } = through({ loss: 0.1, duplicate: 0.05, corrupt: 0.02 });
    const { passed, lost, duplicated, corrupted } = counters;
    for (const [n, expected] of [
      [lost, 200],
      [duplicated, 90],
      [corrupted, 36],
    ] as const) {
      expect(Math.abs(n - expected)).toBeLessThan(expected / 2);
    }
    expect([got.length, passed]).toEqual([passed, COUNT - lost + duplicated]);
  });

  test('delays, and keeps the order', () => {
    expect(through({ delay: 50 })).toMatchObject({ got: IN_ORDER, took: 199 + 50 });
  });

  test.each([
    ['jitter', { delay: 50, jitter: 10 }],
    ['reorder', { delay: 50, reorder: 0.1 }],
  ])('%s: frames overtake others, and none is lost', (_, options) => {
    const { got } = through(options);
    expect(got).not.toEqual(IN_ORDER);
    expect(sorted(got)).toEqual(IN_ORDER);
  });

  test('asks the clock at most once per frame and once per arrival', () => {
    expect(through({ delay: 50, jitter: 10, reorder: 0.1 }).asked).toBeLessThan(2 * COUNT);
  });
});

describe('memory', () => {
  test('outgoing: at the limit it is full, and nothing is lost', () => {
    const t = onCable((link, time) => impair(link, { ...time, random, delay: 50, limit: 100 }));
    let sent = 0;
    for (; t.link.reserve(60) >= 0; sent++) t.link.commit(60);
    t.settle();
    expect([sent, t.arrived.length]).toEqual([100, 100]);
  });

  test('incoming: beyond the limit frames are lost, and counted', () => {
    let counters: Readonly<ImpairmentCounters> | undefined;
    const t = onCable((link, time) => {
      const bad = impair(link, { ...time, random, delay: 50, limit: 100 });
      counters = bad.counters;
      return bad;
    });
    let got = 0;
    t.link.onFrame(() => got++);
    for (let i = 0; i < 150; i++) t.send(new Uint8Array(60));
    t.settle();
    expect([got, counters?.lost]).toEqual([100, 50]);
  });

  test('a full inner link is waited for, without asking the clock', () => {
    const clock = new Clock();
    let room = false;
    let called = (): void => {};
    let arrived = 0;
    const inner: Link = {
      ...pair()[0],
      mtu: 1500,
      slab: new Uint8Array(2_000),
      reserve: () => (room ? 0 : -1),
      commit: () => arrived++,
      flush: () => {},
      onFrame: () => {},
      onRoom: (handler) => (called = handler),
      onEnd: () => {},
    };
    send(impair(inner, { random, ...clock }), new Uint8Array(60));
    clock.run();
    const { asked } = clock;
    expect([arrived, asked < 5]).toEqual([0, true]);
    room = true;
    called();
    expect([arrived, clock.asked]).toEqual([1, asked]);
  });
});

describe('the end of a delayed cable', () => {
  test('comes after the last frame', () => {
    const t = onCable((link, time) => delay(link, 50, time));
    const seen: string[] = [];
    t.link.onFrame(() => seen.push(`frame at ${t.clock.time}`));
    t.link.onEnd(() => seen.push(`end at ${t.clock.time}`));
    t.send(new Uint8Array(60));
    t.hangUp();
    t.settle();
    expect(seen).toEqual(['frame at 50', 'end at 50']);
  });

  test('close() lets what is under way arrive', () => {
    const t = onCable((link, time) => delay(link, 50, time));
    send(t.link, new Uint8Array(60));
    t.link.close();
    t.settle();
    expect(t.arrived).toHaveLength(1);
  });
});

test('what a trusted link brings stays trusted, until it is corrupted', () => {
  const clock = new Clock();
  const trusted = (options: Partial<Impairment>): boolean[] => {
    let inner: FrameHandler = () => {};
    const [link] = pair();
    link.onFrame = (handler) => {
      inner = handler;
    };
    const got: boolean[] = [];
    impair(link, { random, ...clock, ...options }).onFrame((_b, _at, _end, sure) => got.push(sure));
    inner(new Uint8Array(60), 0, 60, true);
    return got;
  };
  expect([trusted({}), trusted({ corrupt: 1 })]).toEqual([[true], [false]]);
});
