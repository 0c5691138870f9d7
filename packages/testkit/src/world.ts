// A world in a box: guest, cable, stack and host under one clock and one seed. The same seed is the same world, bit for bit.
import { type Impairment, type ImpairmentCounters, impair, type Link, pair, poison } from '@reslirp/link';
import { type Config, createStack, type Stack } from '@reslirp/stack';
import type { Service } from '@reslirp/stack/service';
import { address } from './address.ts';
import { Guest } from './guest.ts';
import { mulberry } from './random.ts';
import { SimulatedHost } from './simulated-host.ts';
import { Tap } from './tap.ts';
import { Timeline } from './timeline.ts';

export interface WorldOptions {
  readonly seed: number;
  /** What is wrong with the cable; absent: it is memory, and backpressure instead of loss. Time and chance are the world's. */
  readonly cable?: Omit<Partial<Impairment>, 'random' | 'now' | 'schedule'>;
  /** Bytes that a cable of memory holds each way: 256 KiB. */
  readonly capacity?: number;
  readonly config?: Partial<Config>;
  readonly services?: readonly Service[];
  /** Sees every frame that reaches the stack. */
  readonly watch?: (b: Uint8Array, at: number, end: number, now: number) => void;
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
const PERFECT: ImpairmentCounters = { passed: 0, lost: 0, duplicated: 0, corrupted: 0, reordered: 0 };

export function createWorld(options: WorldOptions): World {
  const { seed, cable, config, services = [], watch, sent, capacity = 1 << 18 } = options;
  const time = new Timeline();
  const random = mulberry(seed);
  const [ours, theirs] = pair({ capacity });
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
  let inputs = 0;
  link.onFrame((b, at, end, trusted) => {
    watch?.(b, at, end, time.now);
    inputs++;
    stack.input(b, at, end, trusted, time.now);
  });
  const turn = turns(stack, link, time, () => inputs);
  return {
    time,
    stack,
    host,
    guest,
    get cable() {
      return bad?.counters ?? { ...PERFECT, passed: Number(stack.stats()['framesOut']) + inputs };
    },
    run: (ms, done) => named(seed, () => time.pass(ms, turn, done)),
    mustBeQuiet: () => named(seed, () => quiet(stack, host, config?.network6 !== undefined)),
  };
}

/** What a driver does at the end of each turn. */
function turns(stack: Stack, link: Link, time: Timeline, inputs: () => number): () => void {
  let wakeAt = Infinity;
  const turn = (): void => {
    if (stack.deadline() <= time.now) stack.poll(time.now);
    for (let before = -1; before !== inputs(); ) {
      before = inputs(); // a cable of memory brings answers at once
      stack.flush(time.now);
    }
    const deadline = stack.deadline();
    if (deadline >= wakeAt) return;
    wakeAt = deadline;
    time.schedule(deadline - time.now, () => {
      wakeAt = Infinity;
    });
  };
  link.onRoom(() => time.schedule(0, () => {}));
  return turn;
}

function named(seed: number, run: () => void): void {
  try {
    run();
  } catch (error) {
    throw new Error(`seed=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Where IPv6 is spoken, the timer of the next router advertisement is always there. */
function quiet(stack: Stack, host: SimulatedHost, advertises: boolean): void {
  const { tcpFlows, tcpRingBytes, udpFlows, reassemblies } = stack.stats();
  const left = {
    tcpFlows,
    tcpRingBytes,
    udpFlows,
    reassemblies,
    sockets: host.open,
    timers: advertises || stack.deadline() === Infinity ? 0 : 1,
  };
  const what = Object.entries(left).filter(([, n]) => n !== 0);
  if (what.length > 0) throw new Error(`left behind: ${what.map(([name, n]) => `${n} ${name}`).join(', ')}`);
}
