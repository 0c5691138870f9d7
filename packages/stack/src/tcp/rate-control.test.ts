import { expect, test } from 'vitest';
import { RateControl } from './rate-control.ts';

const MSS = 1_448;
/** Milliseconds, and bytes for each of them: 1.6 Gbit/s. */
const ROUND_TRIP = 0.05;
const RATE = 200_000;
const ROUNDS = 2_000;

/**
 * Rounds in which all that may leave does, and `fate` says how much of it is lost; what arrives is delivered at RATE. Bytes in
 * the second half, when things have settled.
 */
function run(fate: (bytes: number) => number): {
  readonly control: RateControl;
  readonly sent: number;
  readonly lost: number;
} {
  const control = new RateControl(MSS);
  let [now, sent, lost] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const began = now;
    const before = control.delivered;
    const bytes = Math.min(control.cwnd, 1 << 22); // the guest's window
    const gone = fate(bytes);
    now += Math.max(ROUND_TRIP, (bytes - gone) / RATE);
    control.begins(began);
    control.sample(ROUND_TRIP, now); // of the first, which waits for nobody
    if (gone > 0) control.lost(gone);
    control.acked(bytes - gone, before, began, now, true);
    if (round < ROUNDS / 2) continue;
    sent += bytes;
    lost += gone;
  }
  return { control, sent, lost };
}

test('a queue that overflows in this very machine is filled, and hardly ever overfilled', () => {
  const queue = 138 * MSS; // what a vde_switch keeps for a plug
  const { sent, lost } = run((bytes) => Math.max(0, bytes - queue));
  expect(lost / sent).toBeLessThan(0.01);
  expect((sent - lost) / (ROUNDS / 2)).toBeGreaterThan(queue * 0.7);
});

test('a frame that is damaged now and then costs a near guest nothing of its window', () => {
  const { control } = run((bytes) => bytes * 0.01);
  expect(control.cwnd).toBeGreaterThanOrEqual(1 << 20);
});
