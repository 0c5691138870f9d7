// What every Host owes to the stack: the words of host.ts as cases that run, on real sockets as on simulated ones.
//
// A case plays the stack on the near side, and steers the far side that the implementer provides. It knows no clock
// and no test framework: time passes in until() and settle(), and a case that does not hold throws an Error.
//
// Watched in every case: no event from within a call, none after a final one, and a `now` that never goes back. Every
// byte has a value that follows from its place; every buffer and Endpoint that was lent is spoilt when the call is over.
import type { Endpoint } from './endpoint.ts';
import { END, type Host, Refusal, type TcpEvents, type TcpSocket, type UdpSocket } from './host.ts';

export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

/** A Host with a far side to talk to. */
export interface HostUnderTest {
  readonly host: Host;
  /** A place that accepts connections. */
  listen(): Promise<FarListener>;
  /** A place where nobody listens: a connection is refused. */
  refusing(): Promise<Endpoint>;
  /** A far UDP socket. */
  datagrams(): Promise<FarDatagrams>;
  /** Lets things happen until `true_`; rejects when that takes too long. `what` goes to the message. */
  until(what: string, true_: () => boolean): Promise<void>;
  /** Lets happen whatever is under way. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface FarListener {
  readonly at: Endpoint;
  /** Every connection so far, oldest first. */
  readonly accepted: readonly FarTcp[];
}

/** The far end of one connection. It reads nothing until read(), and keeps its direction open when the near one ends. */
export interface FarTcp {
  /** Reads from now on; `take` gets what arrives. */
  read(take: (b: Uint8Array, at: number, end: number) => void): void;
  /** Queues bytes, as many as it is given. */
  write(b: Uint8Array): void;
  /** Bytes queued that the network has not taken yet. */
  readonly unsent: number;
  /** A FIN follows what was queued. */
  end(): void;
  reset(): void;
  /** A FIN was read. */
  readonly ended: boolean;
  /** A RST came. */
  readonly lost: boolean;
}

export interface FarDatagrams {
  readonly at: Endpoint;
  readonly received: readonly { readonly from: Endpoint; readonly bytes: Uint8Array }[];
  send(to: Endpoint, bytes: Uint8Array): void;
}

const POISON = 0xdb;
/** More than any chain of honest buffers swallows, bytes. */
const BOUNDLESS = 64 * 1024 * 1024;
const MANY = 200;

/** The byte at place `i` of stream `seed`. */
function byteAt(seed: number, i: number): number {
  return Math.imul(i ^ (seed << 24), 0x9e3779b1) >>> 24;
}

function stretch(seed: number, from: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => byteAt(seed, from + i));
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Checks stream `seed` as it comes out at the other end. */
class Sink {
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
function reader(far: FarTcp): Sink {
  const sink = new Sink(1);
  far.read(sink.take);
  return sink;
}

/** One case: what is under test, and what is watched throughout. */
class Bench {
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
    const near = new Near(this, at);
    await this.until('both ends are open', () => near.said.length > 0 && accepted.length > 0);
    return { near, far: accepted[0]! };
  }

  until(what: string, holds: () => boolean): Promise<void> {
    return this.under.until(what, holds);
  }
}

/** The stack's end of a connection. */
class Near {
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
  readonly #bench: Bench;
  readonly #socket: TcpSocket;
  readonly #scratch: Uint8Array = new Uint8Array(100_000);
  #goal: number = 0;
  #over: boolean = false;

  constructor(bench: Bench, to: Endpoint) {
    this.#bench = bench;
    const lent = to.copy();
    const events: TcpEvents = {
      opened: (now) => this.#say('opened', now),
      refused: (why, now) => this.#say(`refused ${why}`, now),
      failed: (why, now) => this.#say(`failed ${why}`, now),
      readable: (now) => this.#readable(now),
      writable: (now) => this.#writable(now),
    };
    this.#socket = bench.call(() => bench.under.host.connect(lent, events));
    lent.set4(-1, 1);
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
class NearDatagrams {
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
        undeliverable: (to, _why, now) => bench.event(`undeliverable to ${to}`, now, this.#over),
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
async function fill(t: Bench, near: Near): Promise<void> {
  while (!near.full && near.wrote < BOUNDLESS) {
    near.push(1_000_000);
    await t.under.settle();
  }
  check(near.full, `${near.wrote} bytes were taken, and nobody read`);
}

const OPENING: Record<string, (t: Bench) => Promise<void>> = {
  'opens once, and carries nothing by itself': async (t) => {
    const { near } = await t.pair();
    await t.under.settle();
    near.drain();
    check(near.said.join() === 'opened', `said ${near.said}`);
    check(near.sink.count === 0 && near.ends === 0, 'read() had nothing to give');
  },

  'says REFUSED for a closed port, and nothing after': async (t) => {
    const near = new Near(t, await t.under.refusing());
    await t.until('refused', () => near.said.length > 0);
    await t.under.settle();
    check(near.said.join() === `refused ${Refusal.REFUSED}`, `said ${near.said}`);
  },

  'says nothing after abort() while connecting': async (t) => {
    const listener = await t.under.listen();
    for (const to of [listener.at, await t.under.refusing()]) new Near(t, to).end('abort');
    await t.under.settle();
  },

  [`opens ${MANY} connections at once, and keeps them apart`]: async (t) => {
    const { at, accepted } = await t.under.listen();
    const nears = Array.from({ length: MANY }, () => new Near(t, at));
    await t.until('all are accepted', () => accepted.length === MANY && nears.every((near) => near.said.length > 0));
    const sinks = accepted.map(reader);
    for (const far of accepted) far.write(stretch(2, 0, 1_000));
    for (const [i, near] of nears.entries()) near.push(i + 1);
    await t.until('all have read', () => nears.every((near) => near.sink.count === 1_000));
    await t.until('all were read', () => sinks.reduce((sum, s) => sum + s.count, 0) === (MANY * (MANY + 1)) / 2);
    for (const near of nears) near.sink.checkWhole(1_000);
    const sizes = new Set(sinks.map((sink) => sink.count));
    check(sizes.size === MANY && sinks.every((sink) => sink.wrongAt < 0), 'streams are mixed');
  },
};

const CARRYING: typeof OPENING = {
  'carries 3 MB each way at once, whole, and keeps no lent byte': async (t) => {
    const size = 3_000_000;
    const { near, far } = await t.pair();
    const sink = reader(far);
    far.write(stretch(2, 0, size));
    near.push(size);
    await t.until('all is across', () => sink.count >= size && near.sink.count >= size);
    sink.checkWhole(size);
    near.sink.checkWhole(size);
  },

  'takes less when the far side stalls, and all of it in the end': async (t) => {
    const { near, far } = await t.pair();
    await fill(t, near);
    const { writables } = near;
    const sink = reader(far);
    await t.until('writable', () => near.writables > writables);
    await t.until('all is across', () => !near.full && sink.count >= near.wrote);
    sink.checkWhole(near.wrote);
  },

  'stops the far writer when the stack does not read, and loses nothing': async (t) => {
    const { near, far } = await t.pair();
    near.reading = false;
    let size = 0;
    for (; far.unsent === 0 && size < BOUNDLESS; size += 1_000_000) {
      far.write(stretch(2, size, 1_000_000));
      await t.under.settle();
    }
    check(far.unsent > 0, `${size} bytes were taken, and nobody read`);
    far.end();
    near.reading = true;
    near.drain();
    await t.until('the end', () => near.ends > 0);
    near.sink.checkWhole(size);
  },
};

const ENDING: typeof OPENING = {
  'tells END once, after the last byte, and still writes': async (t) => {
    const { near, far } = await t.pair();
    const sink = reader(far);
    near.reading = false;
    far.write(stretch(2, 0, 20_000));
    far.end();
    await t.until('bytes wait', () => near.readables > 0);
    while (near.ends === 0) {
      near.drain(9); // few at a time
      await t.under.settle();
    }
    near.sink.checkWhole(20_000);
    near.push(500_000);
    await t.until('the far side read on', () => sink.count >= 500_000);
    near.drain();
    check(near.ends === 1, `END ${near.ends} times`);
    check(!far.ended, 'the near direction is open');
  },

  'sends its FIN after what was written, and still reads': async (t) => {
    const { near, far } = await t.pair();
    const sink = reader(far);
    near.push(200_000);
    await t.until('all is taken', () => near.wrote === 200_000);
    near.end('finish');
    await t.until('the FIN', () => far.ended);
    sink.checkWhole(200_000);
    far.write(stretch(2, 0, 500_000));
    far.end();
    await t.until('END', () => near.ends > 0);
    near.sink.checkWhole(500_000);
  },

  'delivers what was written before close(), and says nothing after': async (t) => {
    const { near, far } = await t.pair();
    far.end();
    await t.until('END', () => near.ends > 0);
    near.push(200_000);
    await t.until('all is taken', () => near.wrote === 200_000);
    near.end('finish');
    near.end('close');
    await t.under.settle();
    const sink = reader(far);
    await t.until('the FIN', () => far.ended);
    sink.checkWhole(200_000);
  },

  'resets the far side by abort(), and says nothing after': async (t) => {
    const { near, far } = await t.pair();
    reader(far);
    far.write(stretch(2, 0, 10_000));
    near.end('abort');
    await t.until('the far side is reset', () => far.lost);
    await t.under.settle();
  },

  'goes at once by abort() right after finish(), written or not': async (t) => {
    for (const size of [0, 1_000]) {
      const { near, far } = await t.pair();
      reader(far);
      near.push(size);
      near.end('finish');
      near.end('abort');
      await t.until('the far side knows', () => far.lost || far.ended);
    }
  },

  'says nothing of a reset after close()': async (t) => {
    const { near, far } = await t.pair();
    await fill(t, near);
    near.end('close');
    await t.under.settle();
    far.reset();
    await t.under.settle();
  },

  'says failed RESET once when the far side resets, and nothing after': async (t) => {
    const { near, far } = await t.pair();
    far.reset();
    await t.until('failed', () => near.said.length > 1);
    near.push(10);
    for (const how of ['finish', 'close', 'abort'] as const) near.end(how);
    await t.under.settle();
    check(near.said.join() === `opened,failed ${Refusal.RESET}`, `said ${near.said}`);
  },

  'takes a reset for no orderly end, also behind bytes that wait': async (t) => {
    const { near, far } = await t.pair();
    near.reading = false;
    far.write(stretch(2, 0, 150_000));
    await t.until('bytes wait', () => near.readables > 0 && far.unsent === 0);
    far.reset();
    await t.under.settle();
    near.reading = true;
    near.drain();
    await t.until('failed', () => near.said.length > 1);
    check(near.said.join() === `opened,failed ${Refusal.RESET}` && near.ends === 0, `said ${near.said}`);
  },
};

const DATAGRAMS: typeof OPENING = {
  'carries datagrams of 0 to 9,000 bytes both ways, and keeps no lent byte': async (t) => {
    const far = await t.under.datagrams();
    const near = new NearDatagrams(t);
    const sizes = [1, 0, 500, 1_472, 4_097, 9_000];
    for (const size of sizes) near.send(far.at, stretch(size, 0, size));
    await t.until('all there', () => far.received.length === sizes.length);
    for (const { from, bytes } of far.received) far.send(from, bytes);
    await t.until('all back', () => near.heard.length === sizes.length);
    for (const [i, size] of sizes.entries()) {
      const { from, bytes } = near.heard[i]!;
      check(bytes.join() === stretch(size, 0, size).join(), `the datagram of ${size} bytes came back wrong`);
      check(from === far.at.toString(), `from ${from}, not ${far.at}`);
    }
  },

  'talks to many peers from one port, and hears any of them': async (t) => {
    const [known, other, stranger] = [await t.under.datagrams(), await t.under.datagrams(), await t.under.datagrams()];
    const near = new NearDatagrams(t);
    near.send(known.at, Uint8Array.of(1));
    near.send(other.at, Uint8Array.of(2));
    await t.until('both hear', () => known.received.length + other.received.length === 2);
    const here = known.received[0]!.from;
    check(here.port === other.received[0]!.from.port, 'one port for both');
    stranger.send(here, Uint8Array.of(3));
    await t.until('the stranger is heard', () => near.heard.length > 0);
    check(near.heard[0]!.from === stranger.at.toString(), `from ${near.heard[0]!.from}`);
  },

  'says nothing after close()': async (t) => {
    const far = await t.under.datagrams();
    const near = new NearDatagrams(t);
    near.send(far.at, Uint8Array.of(1));
    await t.until('heard', () => far.received.length > 0);
    far.send(far.received[0]!.from, Uint8Array.of(2));
    near.close();
    near.send(far.at, Uint8Array.of(3));
    await t.under.settle();
    check(far.received.length === 1, 'nothing leaves a closed socket');
  },
};

/** `make` is called once per case, and what it made is closed after it. */
export function hostContract(make: () => HostUnderTest | Promise<HostUnderTest>): readonly ContractCase[] {
  const cases = { ...OPENING, ...CARRYING, ...ENDING, ...DATAGRAMS };
  return Object.entries(cases).map(([name, play]) => ({
    name,
    run: async () => {
      const under = await make();
      const bench = new Bench(under);
      try {
        await play(bench);
        check(bench.wrong.length === 0, bench.wrong.slice(0, 3).join('; '));
      } finally {
        await under.close();
      }
    },
  }));
}
