// Worlds drawn from seeds. `RESLIRP_SEED=7 RESLIRP_PACKETS=1e7 npx vitest run packages/testkit/test/simulation` looks further;
// a failure names the seed that brings it back at once.
import { expect, test } from 'vitest';
import { episode } from '../src/index.ts';

const FIRST_SEED = Number(process.env['RESLIRP_SEED'] ?? 1);
const PACKETS = Number(process.env['RESLIRP_PACKETS'] ?? 100_000);

test(`${PACKETS} packets: every byte once and in order, every flow to its end, nothing left`, () => {
  let packets = 0;
  for (let seed = FIRST_SEED; packets < PACKETS; seed++) packets += episode(seed).packets;
  expect(packets).toBeGreaterThanOrEqual(PACKETS);
}, 36_000_000);
