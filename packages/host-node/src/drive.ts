// Ties a stack to a link and to the clock of this process.
import type { Link } from '@reslirp/link';
import type { Stack } from '@reslirp/stack';
import type { Turn } from './turn.ts';

/** setTimeout() takes an int32; what is later is waited for in several parts. */
const LONGEST = 0x7fff_ffff;

/**
 * Runs the stack: frames go in as they come, and each turn ends with poll() when due, and flush().
 * Between turns there is at most one timer, and none when the stack waits for nothing.
 * Returns what stops it; the stack and the link stay open.
 */
export function drive(stack: Stack, link: Link, turn: Turn): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let armedFor = Infinity;

  const fire = (): void => {
    armedFor = Infinity;
    turn.now(); // the end of this turn does the rest
  };
  // A timer that fires early costs less than one moved for every packet: only an earlier deadline moves it.
  const arm = (now: number): void => {
    const at = stack.deadline();
    if (at >= armedFor) return;
    clearTimeout(timer);
    armedFor = at;
    timer = setTimeout(fire, Math.min(LONGEST, Math.max(1, Math.ceil(at - now))));
  };
  const ignore = turn.onEnd((now) => {
    if (stack.deadline() <= now) stack.poll(now);
    stack.flush(now);
    arm(now);
  });

  link.onFrame((b, at, end, trusted) => {
    if (!stopped) stack.input(b, at, end, trusted, turn.now());
  });
  link.onRoom(() => {
    if (!stopped) turn.now();
  });
  turn.now(); // the stack may wait for something from its birth

  return () => {
    stopped = true;
    clearTimeout(timer);
    ignore();
  };
}
