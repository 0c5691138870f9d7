import { expect, test } from 'vitest';
import { RttEstimator } from './rtt.ts';

test('before a sample: one second (2.1); the first one: SRTT + 4 * R/2 (2.2)', () => {
  const rtt = new RttEstimator();
  expect(rtt.rto).toBe(1_000);
  rtt.sample(300);
  expect([rtt.srtt, rtt.rto]).toEqual([300, 900]);
});

test('later ones: 1/4 and 1/8, RTTVAR from the old SRTT (2.3)', () => {
  const rtt = new RttEstimator();
  rtt.sample(300);
  rtt.sample(500);
  expect([rtt.srtt, rtt.rto]).toEqual([325, 325 + 4 * 162.5]);
});

test('between 200 ms and 60 s, doubled at each timeout (5.5)', () => {
  const rtt = new RttEstimator();
  rtt.sample(1);
  expect(rtt.rto).toBe(200);
  for (let i = 0; i < 20; i++) rtt.backOff();
  expect(rtt.rto).toBe(60_000);
});
