// Seconds of virtual time that 4 MB take, over loss and delay, compared with the tables that were right last time. They are
// exact: a world with a seed repeats itself. A change that moves a number is to be looked at, and then recorded:
// `npx vitest run packages/testkit/test/throughput -u`

import { Endpoint } from '@reslirp/stack/endpoint';
import { parse4 } from '@reslirp/wire/address';
import { expect, test } from 'vitest';
import { createTwins, createWorld, type World } from '../src/index.ts';

const SERVER = parse4('192.0.2.1')!;
const GATEWAY = parse4('10.0.2.2')!;
const PORT = 80;
const BYTES = 4_000_000;
const LOSSES = [0, 0.001, 0.01, 0.02, 0.05, 0.1];
/** There and back. */
const ROUND_TRIPS = [1, 10, 50, 100, 300];
const GUEST = { mss: 1_460, scale: 8, timestamps: true, window: 16_000 } as const;
const LONGEST = 24 * 3_600_000;

type Cable = { readonly delay: number; readonly loss: number };

/** A world whose guest has found its gateway. */
function createKnown(cable: Cable): World {
  const world = createWorld({ seed: 1, cable });
  while (world.guest.heard.length === 0) {
    world.guest.ping(GATEWAY, 0);
    world.run(2 * cable.delay + 1);
  }
  return world;
}

function down(cable: Cable, sack: boolean): number {
  const world = createKnown(cable);
  const { now } = world.time;
  world.host.listen(PORT, { send: BYTES });
  const connection = world.guest.connect(SERVER, PORT, { ...GUEST, sack });
  world.run(LONGEST, () => connection.done);
  expect(connection.received).toBe(BYTES);
  return world.time.now - now;
}

function up(cable: Cable): number {
  const world = createKnown(cable);
  const { now } = world.time;
  world.host.listen(PORT, { endAfterGuest: true });
  const connection = world.guest.connect(SERVER, PORT, { ...GUEST, send: BYTES, rto: 300 + 2 * cable.delay });
  world.run(LONGEST, () => connection.done);
  expect(world.host.peers[0]!.received).toBe(BYTES);
  return world.time.now - now;
}

function across(cable: Cable): number {
  const twins = createTwins({ seed: 1, cable });
  const [near, far] = twins.ends;
  const door = Endpoint.parse('127.0.0.1', PORT)!;
  const guest = far.names[0]!.copy();
  guest.port = PORT;
  near.stack.forward({ protocol: 'tcp', host: door, guest }, { bound: () => {}, unbound: () => {} });
  far.host.listen(PORT, { endAfterGuest: true });
  twins.run(10);
  const { now } = twins.time;
  near.host.dial(door, PORT, { send: BYTES }, { says: PORT, hears: PORT + 1 });
  const isOver = (): boolean => far.host.peers[0]?.finished === true;
  twins.run(LONGEST, isOver);
  expect(far.host.peers[0]?.received).toBe(BYTES);
  return twins.time.now - now;
}

const TABLES: readonly (readonly [string, string, (cable: Cable) => number])[] = [
  ['down-sack', 'from the host to a guest that speaks SACK', (cable) => down(cable, true)],
  ['down', 'from the host to a guest without SACK', (cable) => down(cable, false)],
  ['up', 'from a guest that goes back N to the host', up],
  ['across', 'from engine to engine', across],
];

test.each(TABLES)(
  '4 MB, %s',
  async (name, title, measure) => {
    const head = ['loss', ...ROUND_TRIPS.map((ms) => `${ms} ms`)];
    const rows = LOSSES.map((loss) => {
      const cells = ROUND_TRIPS.map((ms) => (measure({ delay: ms / 2, loss }) / 1_000).toFixed(2));
      return [`${loss * 100} %`, ...cells];
    });
    const lines = [head, ...rows].map((row) => row.map((cell) => cell.padStart(9)).join(''));
    const table = `4 MB ${title}, seconds, over loss each way and round trip\n\n${lines.join('\n')}\n`;
    await expect(table).toMatchFileSnapshot(`throughput/${name}.golden.txt`);
  },
  600_000,
);
