// Links to test, with the far end of their cable in our hand.
import type { LinkUnderTest } from '../src/contract.ts';
import {
  BIG_2,
  Deframer,
  FramedLink,
  type Impairment,
  type Link,
  MessageLink,
  type PairOptions,
  pair,
  writeLength,
} from '../src/index.ts';

/** A clock that jumps from one thing to do to the next. */
export class Clock {
  time: number = 0;
  /** Calls of schedule() so far. */
  asked: number = 0;
  readonly #due: { at: number; run: () => void }[] = [];
  now = (): number => this.time;

  schedule = (ms: number, run: () => void): void => {
    this.asked++;
    this.#due.push({ at: this.time + ms, run });
  };

  /** Until `limit`, or until there is nothing more to do. */
  run(limit: number = Infinity): void {
    for (;;) {
      this.#due.sort((a, b) => a.at - b.at);
      const next = this.#due[0];
      if (next === undefined || next.at > limit) break;
      this.#due.shift();
      this.time = next.at;
      next.run();
    }
    if (limit !== Infinity) this.time = limit;
  }
}

/** [0, 1), the same every time. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export function send(link: Link, frame: Uint8Array): void {
  const at = link.reserve(frame.length);
  link.slab.set(frame, at);
  link.commit(frame.length);
  link.flush();
}

/** A cable of memory, with whatever is to be tested wrapped around our end. */
export function onPair(wrap: (link: Link) => Link = (link) => link, options: PairOptions = {}): LinkUnderTest {
  const [ours, theirs] = pair(options);
  const arrived: Uint8Array[] = [];
  theirs.onFrame((b, at, end) => arrived.push(b.slice(at, end)));
  const link = wrap(ours);
  const settle = (): void => link.flush();
  return { link, arrived, send: (frame) => send(theirs, frame), hangUp: () => theirs.close(), settle };
}

/** On a pair, behind a cable with a clock of its own. */
export function onCable(
  wrap: (link: Link, time: Pick<Impairment, 'now' | 'schedule'>) => Link,
): LinkUnderTest & { readonly clock: Clock } {
  const clock = new Clock();
  const t = onPair((link) => wrap(link, clock));
  const settle = (): void => {
    t.link.flush();
    clock.run();
  };
  return { ...t, settle, clock };
}

/** A framed link whose transport is an array. */
export function onFraming(): LinkUnderTest {
  const arrived: Uint8Array[] = [];
  const far = new Deframer(BIG_2, 9_999, (b, at, end) => arrived.push(b.slice(at, end)));
  const writes: [Uint8Array, number][] = [];
  const link: FramedLink = new FramedLink({
    mtu: 1500,
    pad: true,
    write: (b, end) => {
      writes.push([b, end]);
      return false;
    },
  });
  return {
    link,
    arrived,
    send: (frame) => {
      const b = new Uint8Array(2 + frame.length);
      writeLength(BIG_2, b, 0, frame.length);
      b.set(frame, 2);
      for (let at = 0; at < b.length; at += 7) link.received(b, at, Math.min(b.length, at + 7));
    },
    hangUp: () => link.ended(null),
    settle: () => {
      for (let write = writes.shift(); write !== undefined; write = writes.shift()) {
        far.push(write[0], 0, write[1]);
        link.written();
      }
    },
  };
}

/** A link of messages whose transport is an array. */
export function onMessages(): LinkUnderTest & { readonly link: MessageLink; readonly finished: () => boolean } {
  const arrived: Uint8Array[] = [];
  const writes: [Uint8Array, Int32Array, number][] = [];
  let finished = false;
  const link: MessageLink = new MessageLink({
    mtu: 1500,
    write: (b, ends, count) => {
      writes.push([b, ends, count]);
      return false;
    },
    finished: () => {
      finished = true;
    },
  });
  const settle = (): void => {
    for (let write = writes.shift(); write !== undefined; write = writes.shift()) {
      const [b, ends, count] = write;
      for (let i = 0; i < count; i++) arrived.push(b.slice(i === 0 ? 0 : ends[i - 1]!, ends[i]!));
      link.written();
    }
  };
  const send = (frame: Uint8Array): void => link.received(frame, 0, frame.length);
  return { link, arrived, send, hangUp: () => link.ended(null), settle, finished: () => finished };
}
