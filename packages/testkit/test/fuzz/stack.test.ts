// Whatever the guest says, the host does and the user asks for, in whatever order, of a whole stack with all its services:
// nothing throws, no table outgrows its cap, and closing lets go of everything. `FC_NUM_RUNS=100000` looks further.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Machine, setups, steps } from './machine.ts';

const RUNS = Number(process.env['FC_NUM_RUNS'] ?? 100);
/** In CI the same frames come every time: who breaks something hears of it, and nobody else. */
const SEED = process.env['CI'] ? { seed: 20_250_601 } : {};

test('any frames, any events, any calls', () => {
  let told = 0;
  fc.assert(
    fc.property(setups, steps, (setup, script) => {
      const machine = new Machine(setup);
      for (const one of script) {
        machine.do(one);
        machine.mustBeWithinCaps();
      }
      told += machine.link.sent.length;
      machine.close();
    }),
    { numRuns: RUNS, ...SEED },
  );
  expect(told).toBeGreaterThan(RUNS); // the frames are good enough to be answered
}, 36_000_000);
