// The real engine on both ends of a bad cable, with SACK, which the scripted guest does not speak: one stack's client comes
// through a forward, the other stack is the guest that answers. In virtual time and compared with the table that was right last
// time; `vitest -u` records it. The kernel as peer is in tooling/e2e.
import { type Impairment, impair, pair, poison } from '@reslirp/link';
import { createStack, type Stack } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import { parse4 } from '@reslirp/wire/address';
import { expect, test } from 'vitest';
import { mulberry, SimulatedHost, Timeline } from '../src/index.ts';

const NETWORK = '10.0.2.0/24';
const BYTES = 2_000_000;
/** Streams are named by ports: what the client of this door sends is what the next port expects. */
const DOOR = 79;
const SEEDS = 3;
const HOUR = 3_600_000;
type Cable = Omit<Partial<Impairment>, 'random' | 'now' | 'schedule'>;

const CABLES: readonly (readonly [string, Cable])[] = [
  ['5 ms', { delay: 5 }],
  ['5 ms, 2 % loss', { delay: 5, loss: 0.02 }],
  ['20 ms, 10 % loss', { delay: 20, loss: 0.1 }],
  ['20 ms, 10 % loss, 5 % reordering', { delay: 20, loss: 0.1, reorder: 0.05 }],
  ['5 ms, 5 ms of jitter, 2 % loss', { delay: 5, jitter: 5, loss: 0.02 }],
  ['50 ms, 1 % loss', { delay: 50, loss: 0.01 }],
];

const at = (address: string, port: number): Endpoint => {
  const endpoint = Endpoint.of4(parse4(address)!);
  endpoint.port = port;
  return endpoint;
};

/** Seconds, and segments that left more than once, in percent. */
function transfer(seed: number, cable: Cable): readonly [number, number] {
  const time = new Timeline();
  const random = mulberry(seed);
  const [near, far] = pair({ capacity: 1 << 22 });
  const end = (gateway: string, link: typeof near): { host: SimulatedHost; stack: Stack } => {
    const host = new SimulatedHost(time);
    const stack = createStack({ network: NETWORK, gateway }, { link, host, random, services: [] });
    link.onFrame((b, from, to, trusted) => void stack.input(b, from, to, trusted, time.now));
    link.onRoom(() => time.schedule(0, () => {}));
    return { host, stack };
  };
  const bad = impair(near, { ...cable, random, now: () => time.now, schedule: time.schedule });
  const client = end('10.0.2.2', poison(bad));
  const server = end('10.0.2.15', poison(far));
  const turn = turns([client.stack, server.stack], time);
  const unbound = (): void => expect.unreachable();
  const way = { host: at('127.0.0.1', DOOR), guest: at('10.0.2.15', DOOR + 1) };
  client.stack.forward({ protocol: 'tcp', ...way }, { bound: () => {}, unbound });
  server.host.listen(DOOR + 1, {});
  time.pass(10, turn);
  const began = time.now;
  client.host.dial(at('127.0.0.1', 5_555), DOOR, { send: BYTES });
  turn();
  time.pass(HOUR, turn, () => server.host.peers[0]?.received === BYTES);
  expect(server.host.peers[0]?.received).toBe(BYTES);
  const { tcpSegmentsOut, tcpRetransmitted } = client.stack.stats();
  return [(time.now - began) / 1_000, (100 * Number(tcpRetransmitted)) / Number(tcpSegmentsOut)];
}

function turns(stacks: readonly Stack[], time: Timeline): () => void {
  let wakeAt = Infinity;
  return () => {
    for (const stack of stacks) if (stack.deadline() <= time.now) stack.poll(time.now);
    for (const stack of [...stacks, ...stacks]) stack.flush(time.now);
    const deadline = Math.min(...stacks.map((stack) => stack.deadline()));
    if (deadline >= wakeAt) return;
    wakeAt = deadline;
    time.schedule(deadline - time.now, () => {
      wakeAt = Infinity;
    });
  };
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

test('2 MB from engine to engine: medians of seconds, and of what left again, percent', async () => {
  const rows = CABLES.map(([name, cable]) => {
    const runs = Array.from({ length: SEEDS }, (_, i) => transfer(i + 1, cable));
    const [seconds, again] = [0, 1].map((column) => median(runs.map((run) => run[column]!)));
    return `${name.padEnd(34)}${seconds!.toFixed(2).padStart(6)}${again!.toFixed(0).padStart(6)}`;
  });
  await expect(`${rows.join('\n')}\n`).toMatchFileSnapshot('engines.golden.txt');
}, 60_000);
