// Every byte once and in order, every flow to its end, nothing left: over good cables and bad ones.
import { parse4 } from '@reslirp/wire/address';
import { describe, expect, test } from 'vitest';
import { createWorld, type GuestTcpOptions, type Script, type WorldOptions } from '../src/index.ts';

const SERVER = parse4('192.0.2.1')!;
const FIRST_SEED = Number(process.env['RESLIRP_SEED'] ?? 1);
const RUNS = Number(process.env['RESLIRP_RUNS'] ?? 3);
const HOUR = 3_600_000;

const CABLES: readonly (readonly [string, WorldOptions['cable']])[] = [
  ['memory', undefined],
  ['5 ms', { delay: 5 }],
  ['50 ms, 1 % loss', { delay: 50, loss: 0.01 }],
  ['5 ms, 5 % loss', { delay: 5, loss: 0.05 }],
  ['20 ms, 10 % loss', { delay: 20, loss: 0.1 }],
  ['10 ms, jitter', { delay: 10, jitter: 20 }],
  ['10 ms, 5 % reordered, 2 % twice, 2 % lost', { delay: 10, reorder: 0.05, duplicate: 0.02, loss: 0.02 }],
  ['2 ms, 2 % corrupted', { delay: 2, corrupt: 0.02 }],
];
const MODERN = { mss: 1_460, scale: 7, timestamps: true } as const;
const GUESTS: readonly (readonly [string, GuestTcpOptions])[] = [
  ['modern', MODERN],
  ['without any option', {}],
  ['slow to acknowledge', { ...MODERN, delayAcks: 200 }],
  ['with a window of 3,000 bytes', { mss: 1_460, window: 3_000 }],
];
const SCRIPTS: readonly (readonly [string, Script])[] = [
  ['the host ends first', { send: 200_000 }],
  ['the guest ends first', { send: 200_000, endAfterGuest: true }],
  ['the host takes 1,000 bytes at a time', { send: 50_000, bite: 1_000 }],
];

function transfer(seed: number, cable: WorldOptions['cable'], options: GuestTcpOptions, script: Script): void {
  const world = createWorld({ seed, ...(cable === undefined ? {} : { cable }) });
  world.host.listen(80, script);
  const connection = world.guest.connect(SERVER, 80, { send: 150_000, ...options });
  world.run(HOUR, () => connection.done && world.host.peers[0]!.finished);
  const [peer] = world.host.peers;
  expect({ seed, state: connection.state, down: connection.received, up: peer?.received, end: peer?.finished }).toEqual(
    {
      seed,
      state: 'closed',
      down: script.send,
      up: 150_000,
      end: true,
    },
  );
  world.run(HOUR);
  world.mustBeQuiet();
}

describe.each(CABLES)('%s', (_, cable) => {
  describe.each(GUESTS)('a guest %s', (_, options) => {
    test.each(SCRIPTS)('%s', (_, script) => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) transfer(seed, cable, options, script);
    });
  });
});

test('the same seed is the same world, bit for bit; another one is not', () => {
  const trace = (seed: number): string => {
    const lines: string[] = [];
    const watch = (b: Uint8Array, at: number, end: number, now: number): void => {
      lines.push(`${now} ${end - at} ${b[at + 40]}`);
    };
    const world = createWorld({ seed, cable: { delay: 10, loss: 0.05, jitter: 5 }, watch });
    world.host.listen(80, { send: 50_000 });
    const connection = world.guest.connect(SERVER, 80, { send: 50_000, ...MODERN });
    world.run(HOUR, () => connection.done);
    return lines.join('\n');
  };
  expect(trace(7)).toBe(trace(7));
  expect(trace(7)).not.toBe(trace(8));
});

test('200 flows at once', () => {
  const world = createWorld({ seed: 5, cable: { delay: 5, loss: 0.01 } });
  world.host.listen(80, { send: 20_000 });
  const all = Array.from({ length: 200 }, () => world.guest.connect(SERVER, 80, { send: 10_000, ...MODERN }));
  world.run(HOUR, () => all.every((connection) => connection.done));
  expect(all.map(({ state, received }) => [state, received])).toEqual(all.map(() => ['closed', 20_000]));
  world.run(HOUR);
  world.mustBeQuiet();
});

test('a cable of memory that is nearly always full loses nothing and forgets nobody', () => {
  const world = createWorld({ seed: 6, capacity: 4_000 });
  world.host.listen(80, { send: 300_000 });
  const all = Array.from({ length: 5 }, () => world.guest.connect(SERVER, 80, { send: 100_000, ...MODERN }));
  world.run(HOUR, () => all.every((connection) => connection.done));
  expect(all.map(({ received }) => received)).toEqual(all.map(() => 300_000));
  world.run(HOUR);
  world.mustBeQuiet();
});
