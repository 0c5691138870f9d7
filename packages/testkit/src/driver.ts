// Ties stacks to virtual time, as the drivers of the programs tie one to a real clock, and finds what was left behind.
import type { Link } from '@reslirp/link';
import type { Stack } from '@reslirp/stack';
import type { SimulatedHost } from './simulated-host.ts';
import type { Timeline } from './timeline.ts';

/** One machine of a world. */
export interface Machine {
  readonly stack: Stack;
  readonly link: Link;
  readonly host: SimulatedHost;
  /** IPv6 is spoken: the timer of the next router advertisement is always there. */
  readonly advertises: boolean;
}

/** Sees every frame that reaches a stack. */
export type Watch = (b: Uint8Array, at: number, end: number, now: number) => void;

export class Driver {
  /** Frames that reached a stack. */
  inputs: number = 0;
  readonly #time: Timeline;
  readonly #seed: number;
  readonly #machines: Machine[] = [];
  #wakeAt: number = Infinity;

  constructor(seed: number, time: Timeline) {
    this.#seed = seed;
    this.#time = time;
  }

  add(machine: Machine, watch?: Watch): void {
    const { stack, link } = machine;
    const time = this.#time;
    this.#machines.push(machine);
    link.onFrame((b, at, end, trusted) => {
      watch?.(b, at, end, time.now);
      this.inputs++;
      stack.input(b, at, end, trusted, time.now);
    });
    link.onRoom(() => time.schedule(0, () => {}));
  }

  /** Lets time pass, for `ms` at most, until `done`. Throws with the seed in its message when anything in the world does. */
  run(ms: number, done?: () => boolean): void {
    this.#named(() => this.#time.pass(ms, this.#turn, done));
  }

  /** Everything must have come to its end: no flow, socket, timer or ring is left. Throws otherwise. */
  mustBeQuiet(): void {
    this.#named(() => this.#machines.forEach(mustBeQuiet));
  }

  readonly #turn = (): void => {
    const { now } = this.#time;
    for (const { stack } of this.#machines) if (stack.deadline() <= now) stack.poll(now);
    for (let before = -1; before !== this.inputs; ) {
      before = this.inputs; // a cable of memory brings answers at once
      for (const { stack } of this.#machines) stack.flush(now);
    }
    let deadline = Infinity;
    for (const { stack } of this.#machines) deadline = Math.min(deadline, stack.deadline());
    if (deadline >= this.#wakeAt) return;
    this.#wakeAt = deadline;
    this.#time.schedule(deadline - now, () => {
      this.#wakeAt = Infinity;
    });
  };

  #named(run: () => void): void {
    try {
      run();
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`seed=${this.#seed}: ${message}`, { cause: error });
    }
  }
}

function mustBeQuiet({ stack, host, advertises }: Machine): void {
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
