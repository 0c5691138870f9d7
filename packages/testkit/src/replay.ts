// Feeds a recorded conversation to a stack: what a guest once sent, at the times at which it did.
import { type Link, pair } from '@reslirp/link';
import { type Config, createStack } from '@reslirp/stack';
import { mulberry } from './random.ts';
import { SimulatedHost } from './simulated-host.ts';
import { Timeline } from './timeline.ts';

/** A frame and its time, milliseconds from the beginning. */
export interface Recorded {
  readonly at: number;
  readonly frame: Uint8Array;
}

/** What a new stack answers to `frames`, for `ms` in all. */
export function replay(config: Config, frames: readonly Recorded[], ms: number): Recorded[] {
  const time = new Timeline();
  const [ours, theirs] = pair({ mtu: 9_000 });
  const stack = createStack(config, { link: ours, host: new SimulatedHost(time), random: mulberry(1) });
  const answers: Recorded[] = [];
  theirs.onFrame((b, at, end) => answers.push({ at: time.now, frame: b.slice(at, end) }));
  ours.onFrame((b, at, end, trusted) => stack.input(b, at, end, trusted, time.now));
  for (const { at, frame } of frames) time.schedule(at, () => send(theirs, frame));
  const tick = (): void => {
    if (stack.deadline() <= time.now) stack.poll(time.now);
    stack.flush(time.now);
  };
  for (let at = 0; at < ms; at += 10) time.schedule(at, () => {});
  time.pass(ms, tick);
  return answers;
}

function send(link: Link, frame: Uint8Array): void {
  const at = link.reserve(frame.length);
  if (at < 0) return;
  link.slab.set(frame, at);
  link.commit(frame.length);
  link.flush();
}
