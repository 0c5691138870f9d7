// A world in a box: guest, cable, stack and host under one clock and one seed. The same seed is the same world, bit for bit.
import { type Impairment, type ImpairmentCounters, impair, pair, poison } from '@reslirp/link';
import { type Config, createStack, type Stack } from '@reslirp/stack';
import type { Service } from '@reslirp/stack/service';
import { address } from './address.ts';
import { Driver, type Watch } from './driver.ts';
import { Guest } from './guest.ts';
import { mulberry } from './random.ts';
import { SimulatedHost } from './simulated-host.ts';
import { Tap } from './tap.ts';
import { Timeline } from './timeline.ts';

/** What is wrong with a cable. Time and chance are the world's. */
export type BadCable = Omit<Partial<Impairment>, 'random' | 'now' | 'schedule'>;

export interface WorldOptions {
  readonly seed: number;
  /** Absent: it is memory, and backpressure instead of loss. */
  readonly cable?: BadCable;
  /** Bytes that a cable of memory holds each way: 256 KiB. */
  readonly capacity?: number;
  readonly config?: Partial<Config>;
  readonly services?: readonly Service[];
  /** Sees every frame that reaches the stack. */
  readonly watch?: Watch;
  /** Sees every frame that the stack sends, before the cable has it. */
  readonly sent?: (frame: Uint8Array, now: number) => void;
}

export interface World {
  readonly time: Timeline;
  readonly stack: Stack;
  readonly host: SimulatedHost;
  readonly guest: Guest;
  readonly cable: Readonly<ImpairmentCounters>;
  /** Lets time pass, for `ms` at most, until `done`. Throws with the seed in its message when anything in the world does. */
  run(ms: number, done?: () => boolean): void;
  /** Everything must have come to its end: no flow, socket, timer or ring is left. Throws otherwise. */
  mustBeQuiet(): void;
}

const NETWORK = '10.0.2.0/24';
export const PERFECT: ImpairmentCounters = { passed: 0, lost: 0, duplicated: 0, corrupted: 0, reordered: 0 };

export function createWorld(options: WorldOptions): World {
  const { seed, cable, config, services = [], watch, sent, capacity } = options;
  const time = new Timeline();
  const random = mulberry(seed);
  const [ours, theirs] = pair(capacity === undefined ? {} : { capacity });
  const bad = cable && impair(ours, { ...cable, random, now: () => time.now, schedule: time.schedule });
  const link = poison(sent === undefined ? (bad ?? ours) : new Tap(bad ?? ours, (frame) => sent(frame, time.now)));
  const host = new SimulatedHost(time);
  const stack = createStack({ network: NETWORK, ...config }, { link, host, random, services });
  const guest = new Guest(poison(theirs), time, {
    address: address('10.0.2.15') as number,
    gateway: address('10.0.2.2') as number,
    address6: address('fd00::15') as Uint8Array,
    gateway6: address('fd00::2') as Uint8Array,
    corrupt: (cable?.corrupt ?? 0) > 0,
    random,
  });
  const driver = new Driver(seed, time);
  driver.add({ stack, link, host, advertises: config?.network6 !== undefined }, watch);
  return {
    time,
    stack,
    host,
    guest,
    get cable() {
      return bad?.counters ?? { ...PERFECT, passed: Number(stack.stats()['framesOut']) + driver.inputs };
    },
    run: (ms, done) => driver.run(ms, done),
    mustBeQuiet: () => driver.mustBeQuiet(),
  };
}
