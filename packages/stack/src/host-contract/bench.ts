// The near side of a case: what the stack would do, watched while it does it.
import { Endpoint } from '../endpoint.ts';
import { END, type TcpEvents, type TcpSocket, type UdpSocket } from '../host.ts';
import type { FarTcp, HostUnderTest } from './under-test.ts';

const POISON = 0xdb;
/** More than any chain of honest buffers swallows, bytes. */
export const BOUNDLESS: number = 64 * 1024 * 1024;

/** The byte at place `i` of stream `seed`. */
export function byteAt(seed: number, i: number): number {
  return Math.imul(i ^ (seed << 24), 0x9e3779b1) >>> 24;
}

export function stretch(seed: number, from: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => byteAt(seed, from + i));
}

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Checks stream `seed` as it comes out at the other end. */
export class Sink {
  count: number = 0;
  wrongAt: number = -1;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  readonly take = (b: Uint8Array, at: number, end: number): void => {
    for (let i = at; i < end; i++, this.count++) {
      if (b[i] !== byteAt(this.#seed, this.count) && this.wrongAt < 0) this.wrongAt = this.count;
    }
  };

  checkWhole(size: number): void {
    check(this.wrongAt < 0, `byte ${this.wrongAt} is wrong`);
    check(this.count === size, `${this.count} bytes arrived of ${size}`);
  }
}

/** The far side reads stream 1 from now on. */
export function reader(far: FarTcp): Sink {
  const sink = new Sink(1);
  far.read(sink.take);
  return sink;
}

/** One case: what is under test, and what is watched throughout. */
export class Bench {
  readonly under: HostUnderTest;
  /** What happened that never may. */
  readonly wrong: string[] = [];
  #inCall: boolean = false;
  #now: number = -Infinity;
  #seed: number = 1;

  constructor(under: HostUnderTest) {
    this.under = under;
  }

  /** A call of the stack into the host. */
  call<T>(run: () => T): T {
    this.#inCall = true;
    const result = run();
    this.#inCall = false;
    return result;
  }

  /** An event of the host to the stack; `over` when there may be none. */
  event(name: string, now: number, over: boolean): void {
    if (this.#inCall) this.wrong.push(`${name} came from within a call`);
    if (over) this.wrong.push(`${name} came after the end`);
    if (!(now >= this.#now)) this.wrong.push(`${name} went back in time, from ${this.#now} to ${now}`);
    this.#now = now;
  }

  /** [0, n), the same in every run. */
  below(n: number): number {
    this.#seed = Math.imul(this.#seed, 1664525) + 1013904223;
    return Math.floor(((this.#seed >>> 0) / 0x1_0000_0000) * n);
  }

  /** A connection with both ends in hand. */
  async pair(): Promise<{ near: Near; far: FarTcp }> {
    const { at, accepted } = await this.under.listen();
    const near = Near.to(this, at);
    await this.until('both ends are open', () => near.said.length > 0 && accepted.length > 0);
    return { near, far: accepted[0]! };
  }

  until(what: string, holds: () => boolean): Promise<void> {
    return this.under.until(what, holds);
  }
}

/** The stack's end of a connection. */
export class Near {
  /** opened, refused and failed, as they came. */
  readonly said: string[] = [];
  readables: number = 0;
  writables: number = 0;
  ends: number = 0;
  reading: boolean = true;
  wrote: number = 0;
  /** write() took less than all, and writable() is awaited. */
  full: boolean = false;
  readonly sink: Sink = new Sink(2);
  /** Where urgent bytes were: how many had come up to behind each. */
  readonly marks: number[] = [];
  readonly #bench: Bench;
  readonly #socket: TcpSocket;
  readonly #scratch: Uint8Array = new Uint8Array(100_000);
  #goal: number = 0;
  #over: boolean = false;

  /** Connects to `to`. */
  static to(bench: Bench, to: Endpoint): Near {
    const lent = to.copy();
    const near = new Near(bench, (events) => bench.call(() => bench.under.host.connect(lent, events)));
    lent.set4(-1, 1);
    return near;
  }

  /** `open`: gives the socket whose events these are. */
  constructor(bench: Bench, open: (events: TcpEvents) => TcpSocket) {
    this.#bench = bench;
    const events: TcpEvents = {
      opened: (now) => this.#say('opened', now),
      refused: (why, now) => this.#say(`refused ${why}`, now),
      failed: (why, now) => this.#say(`failed ${why}`, now),
      readable: (now) => this.#readable(now),
      writable: (now) => this.#writable(now),
    };
    this.#socket = open(events);
  }

  /** Reads until there is nothing, at most `bite` bytes at a time. */
  drain(bite: number = this.#scratch.length): void {
    for (;;) {
      const size = 1 + this.#bench.below(bite);
      const n = this.#bench.call(() => this.#socket.read(this.#scratch, 0, size));
      if (n === END) this.ends++;
      if (n <= 0) return;
      if (n > size || this.ends > 0) this.#bench.wrong.push(`read() gave ${n} of ${size}, after ${this.ends} ENDs`);
      this.sink.take(this.#scratch, 0, n);
      if (this.#socket.urgent === true) this.marks.push(this.sink.count);
    }
  }

  /** Writes `size` bytes more of stream 1, the rest of them when writable() says so. */
  push(size: number): void {
    this.#goal += size;
    while (this.wrote < this.#goal && !this.full) {
      const most = Math.min(1 + this.#bench.below(60_000), this.#goal - this.wrote);
      const at = this.#bench.below(100);
      for (let i = 0; i < most; i++) this.#scratch[at + i] = byteAt(1, this.wrote + i);
      const n = this.#bench.call(() => this.#socket.write(this.#scratch, at, at + most));
      this.#scratch.fill(POISON);
      if (n < 0 || n > most) this.#bench.wrong.push(`write() took ${n} of ${most}`);
      this.wrote += n;
      this.full = n < most;
    }
  }

  /** What it says that its own end is; null when it says nothing. A host need not know. */
  name(): string | null {
    const into = new Endpoint();
    return this.#bench.call(() => this.#socket.local?.(into)) === true ? into.toString() : null;
  }

  end(how: 'finish' | 'close' | 'abort'): void {
    this.#over ||= how !== 'finish';
    this.#bench.call(() => this.#socket[how]());
  }

  #say(word: string, now: number): void {
    this.#bench.event(word, now, this.#over);
    this.#over ||= word !== 'opened';
    this.said.push(word);
  }

  #readable(now: number): void {
    this.#bench.event('readable', now, this.#over);
    this.readables++;
    if (this.reading) this.drain();
  }

  #writable(now: number): void {
    this.#bench.event('writable', now, this.#over);
    this.writables++;
    this.full = false;
    this.push(0);
  }
}

/** The stack's UDP socket. */
export class NearDatagrams {
  readonly heard: { from: string; bytes: Uint8Array }[] = [];
  readonly #bench: Bench;
  readonly #socket: UdpSocket;
  #over: boolean = false;

  constructor(bench: Bench) {
    this.#bench = bench;
    const socket = bench.call(() =>
      bench.under.host.udp(4, {
        received: (from, b, at, end, now) => {
          bench.event('received', now, this.#over);
          this.heard.push({ from: from.toString(), bytes: b.slice(at, end) });
        },
        undeliverable: (to, _why, _report, now) => bench.event(`undeliverable to ${to}`, now, this.#over),
      }),
    );
    check(socket !== null, 'there is a UDP socket to be had');
    this.#socket = socket;
  }

  send(to: Endpoint, bytes: Uint8Array): void {
    const lent = new Uint8Array(bytes.length + 20).fill(POISON);
    lent.set(bytes, 7);
    const lentTo = to.copy();
    this.#bench.call(() => this.#socket.send(lentTo, 64, lent, 7, 7 + bytes.length));
    lent.fill(POISON);
    lentTo.set4(-1, 1);
  }

  close(): void {
    this.#over = true;
    this.#bench.call(() => this.#socket.close());
  }
}

/** Writes until the far side, which does not read, has stalled. */
export async function fill(t: Bench, near: Near): Promise<void> {
  while (!near.full && near.wrote < BOUNDLESS) {
    near.push(1_000_000);
    await t.under.settle();
  }
  check(near.full, `${near.wrote} bytes were taken, and nobody read`);
}
