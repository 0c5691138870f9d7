// Two stacks at the two ends of one cable: each is the other one's guest. What a program on one machine says to the other goes
// through a forward of its own stack, whose engine so opens the connection, and is accepted by the other one's.
//
//   host 0 ─ forward ▸ stack 0 ═ cable ═ stack 1 ▸ connect ─ host 1          and the same the other way
//
// They share a network, in which each is the gateway: 10.0.2.2 and fd00::2, 10.0.2.15 and fd00::15.
import { type Impairment, type ImpairmentCounters, impair, type Link, type Offload, pair, poison } from '@reslirp/link';
import { type Config, createStack, type Stack } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import { Driver } from './driver.ts';
import { mulberry } from './random.ts';
import { SimulatedHost } from './simulated-host.ts';
import { Tap } from './tap.ts';
import { Timeline } from './timeline.ts';
import { type BadCable, PERFECT, type WorldOptions } from './world.ts';

export interface TwinsOptions extends Pick<WorldOptions, 'seed' | 'capacity' | 'sent'> {
  /** Absent: it is memory. */
  readonly cable?: BadCable;
  /** Of a cable of memory: none. */
  readonly offload?: Offload;
  /** Of each end, beside the addresses. */
  readonly configs?: readonly [Partial<Config>, Partial<Config>];
  /** IPv6 as well: no. */
  readonly both?: boolean;
}

/** One end. */
export interface Twin {
  readonly stack: Stack;
  readonly host: SimulatedHost;
  /** Its names on the cable; the second only where IPv6 is spoken. */
  readonly names: readonly Endpoint[];
}

export interface Twins {
  readonly time: Timeline;
  readonly ends: readonly [Twin, Twin];
  readonly cable: Readonly<ImpairmentCounters>;
  /** As of a World. */
  run(ms: number, done?: () => boolean): void;
  mustBeQuiet(): void;
}

const NAMES = [
  { gateway: '10.0.2.2', nameserver: '10.0.2.3', gateway6: 'fd00::2', nameserver6: 'fd00::3' },
  { gateway: '10.0.2.15', nameserver: '10.0.2.16', gateway6: 'fd00::15', nameserver6: 'fd00::16' },
] as const;

export function createTwins(options: TwinsOptions): Twins {
  const { seed, cable, capacity, offload, configs = [{}, {}], both = false, sent } = options;
  const time = new Timeline();
  const random = mulberry(seed);
  const ways: Impairment = { ...cable, random, now: () => time.now, schedule: time.schedule };
  const [first, second] = pair({
    ...(capacity === undefined ? {} : { capacity }),
    ...(offload === undefined || cable !== undefined ? {} : { offload }),
  });
  const bad = cable === undefined ? null : impair(first, ways);
  const driver = new Driver(seed, time);
  const end = (link: Link, which: 0 | 1): Twin => {
    const { gateway, nameserver, gateway6, nameserver6 } = NAMES[which];
    const six = both ? { network6: 'fd00::/64', gateway6, nameserver6 } : {};
    const host = new SimulatedHost(time);
    const seen = poison(sent === undefined ? link : new Tap(link, (frame) => sent(frame, time.now)));
    const config = { network: '10.0.2.0/24', gateway, nameserver, ...six, ...configs[which] };
    const stack = createStack(config, { link: seen, host, random });
    driver.add({ stack, link: seen, host, advertises: both });
    const names = (both ? [gateway, gateway6] : [gateway]).map((name) => Endpoint.parse(name)!);
    return { stack, host, names };
  };
  const ends = [end(bad ?? first, 0), end(second, 1)] as const;
  return {
    time,
    ends,
    get cable() {
      return bad?.counters ?? { ...PERFECT, passed: driver.inputs };
    },
    run: (ms, done) => driver.run(ms, done),
    mustBeQuiet: () => driver.mustBeQuiet(),
  };
}
