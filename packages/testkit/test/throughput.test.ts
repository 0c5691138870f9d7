// Throughput in virtual time over loss and delay, compared with the table that was right last time. It is exact: a world with a
// seed repeats itself. A change that moves a number is to be looked at, and then recorded with `vitest -u`.
import { parse4 } from '@reslirp/wire/address';
import { expect, test } from 'vitest';
import { createWorld } from '../src/index.ts';

const SERVER = parse4('192.0.2.1')!;
const BYTES = 4_000_000;
const LOSSES = [0, 0.001, 0.01, 0.05];
const DELAYS = [1, 10, 50];

function seconds(loss: number, delay: number): number {
  const world = createWorld({ seed: 1, cable: { delay, loss } });
  world.host.listen(80, { send: BYTES });
  const connection = world.guest.connect(SERVER, 80, { mss: 1_460, scale: 8, timestamps: true, window: 16_000 });
  world.run(3_600_000, () => connection.done);
  expect(connection.received).toBe(BYTES);
  return world.time.now / 1_000;
}

test('4 MB from the host to the guest, seconds', async () => {
  const rows = LOSSES.map((loss) => {
    const cells = DELAYS.map((delay) => seconds(loss, delay).toFixed(2).padStart(8));
    return `${`${loss * 100} %`.padStart(6)}${cells.join('')}`;
  });
  const table = [`  loss${DELAYS.map((delay) => `${delay} ms`.padStart(8)).join('')}`, ...rows].join('\n');
  await expect(`${table}\n`).toMatchFileSnapshot('throughput.golden.txt');
});
