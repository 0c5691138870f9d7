// The event loop of a thread that does nothing else: it blocks in epoll_wait(2), and wakes for a reason.
//
// One turn is one instant: what is ready is told, then what was put off, then the listeners of the turn's end, who say
// how long the next wait may take. An idle loop makes no system call at all.
import { Epoll, EventFd } from './constants.ts';
import { EpollSet } from './epoll.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';

export interface Pollable {
  /** `events`: bits of Epoll. */
  ready(events: number, now: number): void;
}

/** Runs at the end of every turn. Returns when it wants another one at the latest, on the loop's clock; Infinity for never. */
export type TurnEnd = (now: number) => number;

/** A sleep that was not worth it, milliseconds. */
const SHORT = 0.05;
/** Longest wait of epoll_wait(2), milliseconds. */
const LONGEST = 0x7fff_ffff;

export class Loop {
  readonly #set: EpollSet;
  readonly #clock: () => number;
  /** By descriptor. */
  readonly #pollables: (Pollable | undefined)[] = [];
  /** Which use of a descriptor it is: an event of an earlier one may still be under way when the number is used again. */
  readonly #tags: number[] = [];
  readonly #ends: Set<TurnEnd> = new Set();
  #deferred: ((now: number) => void)[] = [];
  #deadline: number = -Infinity;
  #at: number;
  #stopped: boolean = false;
  /** The last sleep was a short one. */
  #brisk: boolean = false;
  readonly #waker: number;
  #woken: () => void = () => {};
  readonly #counter: Region = new Region(8);

  /** `clock`: monotonic milliseconds. Throws when the process has no descriptors left. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#at = clock();
    this.#set = new EpollSet();
    this.#waker = libc.eventfd(0, EventFd.NONBLOCK | EventFd.CLOEXEC);
    if (this.#set.fd < 0 || this.#waker < 0) {
      this.dispose(); // of whichever there is
      throw new Error('no descriptor for an event loop: too many are open');
    }
    this.add(this.#waker, Epoll.IN, {
      ready: () => {
        libc.read(this.#waker, this.#counter.address, 8);
        this.#woken();
      },
    });
  }

  /** The instant of this turn. Bound: may be passed around. */
  readonly now = (): number => this.#at;

  /** An eventfd(2): whoever adds 1 to it wakes the loop, from any thread. */
  get waker(): number {
    return this.#waker;
  }

  /** Watches `fd`; 0, or minus an error. */
  add(fd: number, events: number, pollable: Pollable): number {
    const tag = ((this.#tags[fd] ?? 0) + 1) | 0;
    this.#tags[fd] = tag;
    this.#pollables[fd] = pollable;
    return this.#set.add(fd, events, tag);
  }

  /** Watches `fd`, which is watched already, for other events. */
  modify(fd: number, events: number): number {
    return this.#set.modify(fd, events, this.#tags[fd]!);
  }

  /** Before `fd` is closed, or given away. */
  remove(fd: number): void {
    if (this.#pollables[fd] === undefined) return;
    this.#pollables[fd] = undefined;
    this.#set.remove(fd);
  }

  /** Runs in the next turn, which comes at once: for what may not be told from within a call. */
  defer(run: (now: number) => void): void {
    this.#deferred.push(run);
  }

  /** `handler` runs when somebody has written to `waker`. */
  onWake(handler: () => void): void {
    this.#woken = handler;
  }

  /** Returns what takes it away again. Who comes at the end of a turn is asked in that turn. */
  onTurnEnd(listener: TurnEnd): () => void {
    this.#ends.add(listener);
    this.#deadline = -Infinity; // it has not been asked yet
    return () => {
      this.#ends.delete(listener);
    };
  }

  /** One turn, which waits for at most `patience` milliseconds. */
  turn(patience: number = Infinity): void {
    const ready = this.#wait(this.#timeout(patience));
    this.#at = this.#clock();
    for (let i = 0; i < ready; i++) {
      // less than 0: a signal came
      const fd = this.#set.readyFd(i);
      if (this.#tags[fd] === this.#set.tag(i)) this.#pollables[fd]?.ready(this.#set.events(i), this.#at);
    }
    this.#runDeferred();
    let deadline = Infinity;
    for (const end of this.#ends) deadline = Math.min(deadline, end(this.#at));
    this.#deadline = deadline;
  }

  /** Turns until stop(). */
  run(): void {
    while (!this.#stopped) this.turn();
  }

  /** The turn that is under way is the last. */
  stop(): void {
    this.#stopped = true;
  }

  /** Closes `fd`, which has no duplicate: the kernel takes it out of the set. */
  close(fd: number): void {
    this.#pollables[fd] = undefined;
    libc.close(fd);
  }

  /** The loop's own end. */
  dispose(): void {
    libc.close(this.#waker);
    libc.close(this.#set.fd);
  }

  /**
   * To sleep and to be woken costs more than most of what there is to do. After a sleep that was short the next one is
   * put off: whoever else is ready to run is let run meanwhile, and when something is ready there was no sleep at all.
   */
  #wait(timeout: number): number {
    if (timeout === 0) return this.#set.wait(0);
    const since = this.#clock();
    if (this.#brisk) {
      do {
        const ready = this.#set.wait(0);
        if (ready !== 0) return ready;
        libc.yieldCpu();
      } while (this.#clock() - since < SHORT);
    }
    const ready = this.#set.wait(timeout);
    this.#brisk = this.#clock() - since < (this.#brisk ? 2 * SHORT : SHORT);
    return ready;
  }

  #timeout(patience: number): number {
    if (this.#deferred.length > 0) return 0;
    const wait = Math.min(patience, this.#deadline - this.#clock());
    if (wait === Infinity) return -1;
    return Math.min(LONGEST, Math.max(0, Math.ceil(wait)));
  }

  #runDeferred(): void {
    if (this.#deferred.length === 0) return;
    const due = this.#deferred;
    this.#deferred = [];
    for (const run of due) run(this.#at);
  }
}
