// What the parts of TCP share: the flows, their timers, the queue of those that have something to send at the end of the
// turn, and the counters. No decision is taken here.
import { Agenda } from '../agenda.ts';
import { Endpoint } from '../endpoint.ts';
import { KeyTable, NONE } from '../key-table.ts';
import type { TcpEnvironment } from './environment.ts';
import { Ev, stateName } from './events.ts';
import type { Flow } from './flow.ts';
import { Memory } from './memory.ts';
import { Segment } from './segment.ts';
import type { Timer } from './timers.ts';

export interface TcpCounters {
  opened: number;
  /** Both directions ended in order. */
  closed: number;
  refused: number;
  /** Of them, those that nobody had answered in time. */
  connectTimedOut: number;
  resetByGuest: number;
  resetByHost: number;
  timedOut: number;
  evicted: number;
  /** By whoever looks after the network. */
  ended: number;
  /** Clients of forwards for whom there was no place. */
  clientsRefused: number;
  segmentsIn: number;
  segmentsOut: number;
  retransmitted: number;
  /** Flows to guests that were told of a narrower way. */
  narrowed: number;
  /** Questions whether a silent guest is still there. */
  keepalives: number;
  /** Marks of urgent data that the guest is told of. */
  urgent: number;
}

export class Context {
  readonly env: TcpEnvironment;
  readonly memory: Memory;
  readonly segment: Segment = new Segment();
  readonly counters: TcpCounters = {
    opened: 0,
    closed: 0,
    refused: 0,
    connectTimedOut: 0,
    resetByGuest: 0,
    resetByHost: 0,
    timedOut: 0,
    evicted: 0,
    ended: 0,
    clientsRefused: 0,
    segmentsIn: 0,
    segmentsOut: 0,
    retransmitted: 0,
    narrowed: 0,
    keepalives: 0,
    urgent: 0,
  };
  /** The instant of this turn: set by every entry of the facade. */
  now: number = 0;
  /** Scratch: edges of SACK blocks. */
  readonly edges: Int32Array = new Int32Array(8);
  /** Scratch: where a new flow leads. */
  readonly to: Endpoint = new Endpoint();
  readonly table: KeyTable;
  readonly #flows: (Flow | null)[] = [];
  readonly #agenda: Agenda;
  readonly #key: Int32Array = new Int32Array(9);
  #born: number = 0;
  #queue: Flow[] = [];
  #serving: Flow[] = [];

  constructor(env: TcpEnvironment) {
    this.env = env;
    this.memory = new Memory(env.memory);
    this.table = new KeyTable(this.#key.length, env.maxFlows, env.random);
    this.#agenda = new Agenda(env.maxFlows);
  }

  find(guest: Endpoint, remote: Endpoint): Flow | null {
    const slot = this.table.find(this.#keyOf(guest, remote));
    return slot === NONE ? null : this.#flows[slot]!;
  }

  /** A slot for a new flow; NONE when the table is full. */
  slot(guest: Endpoint, remote: Endpoint): number {
    return this.table.add(this.#keyOf(guest, remote));
  }

  /** Of the next flow: no other has it. */
  number(): number {
    return ++this.#born;
  }

  keep(f: Flow): void {
    this.#flows[f.slot] = f;
  }

  at(slot: number): Flow | null {
    return this.#flows[slot] ?? null;
  }

  /** Every flow there is, from that slot on; for closing and statistics, not for packets. */
  *all(from: number = 0): Generator<Flow> {
    for (let slot = from; slot < this.#flows.length; slot++) {
      const f = this.#flows[slot];
      if (f) yield f;
    }
  }

  /** The one place where a flow changes. False when it had happened already, or the flow is over. */
  raise(f: Flow, ev: Ev): boolean {
    const before = f.events;
    if ((before & (ev | Ev.CLOSED)) !== 0) return false;
    f.events = before | ev;
    const probe = this.env.probe?.flow;
    if (probe) {
      const from = stateName(before);
      const to = stateName(f.events);
      if (from !== to) probe(`tcp ${f.guest} > ${f.remote}`, from, to, this.now);
    }
    return true;
  }

  /** Takes the flow out of every table. Its socket must have been closed or aborted. */
  remove(f: Flow): void {
    if (!this.raise(f, Ev.CLOSED)) return;
    f.timers.stopAll();
    f.send.release();
    f.receive.release();
    f.socket = null;
    this.#agenda.disarm(f.slot);
    this.#flows[f.slot] = null;
    this.table.remove(f.slot);
  }

  timer(f: Flow, t: Timer, at: number): void {
    f.timers.set(t, at);
    this.#agenda.arm(f.slot, at);
  }

  deadline(): number {
    return this.#agenda.next();
  }

  /** A flow with a timer that may be due; null when there is none. It must be armed again by rearm(). */
  due(): Flow | null {
    const slot = this.#agenda.take(this.now);
    return slot < 0 ? null : this.#flows[slot]!;
  }

  rearm(f: Flow): void {
    if (!f.has(Ev.CLOSED)) this.#agenda.arm(f.slot, f.timers.next());
  }

  /** The flow has something to say; it is asked at the end of the turn, once. */
  schedule(f: Flow): void {
    if (f.queued) return;
    f.queued = true;
    this.#queue.push(f);
  }

  /**
   * Serves what is queued, in turn: `serve` returns MORE to come again, DONE when the flow is quiet,
   * FULL when the link takes nothing now; then everything waits for the next turn, the flow that was stopped last.
   */
  serve(serve: (f: Flow) => Served): void {
    while (this.#queue.length > 0) {
      const flows = this.#queue;
      this.#queue = this.#serving;
      this.#serving = flows;
      for (let i = 0; i < flows.length; i++) {
        const f = flows[i]!;
        f.queued = false;
        const served = f.has(Ev.CLOSED) ? Served.DONE : serve(f);
        if (served !== Served.DONE) this.schedule(f);
        if (served === Served.FULL) {
          this.#requeue(flows, i + 1);
          return;
        }
      }
      flows.length = 0;
    }
  }

  /** What was not served keeps its place: before the flow that found the link full. */
  #requeue(flows: Flow[], from: number): void {
    const later = this.#queue;
    flows.splice(0, from);
    flows.push(...later);
    this.#queue = flows;
    this.#serving = later;
    later.length = 0;
  }

  #keyOf(guest: Endpoint, remote: Endpoint): Int32Array {
    const k = this.#key;
    k[0] = guest.w0;
    k[1] = guest.w1;
    k[2] = guest.w2;
    k[3] = guest.w3;
    k[4] = remote.w0;
    k[5] = remote.w1;
    k[6] = remote.w2;
    k[7] = remote.w3;
    k[8] = (guest.port << 16) | remote.port;
    return k;
  }
}

export const Served = { DONE: 0, MORE: 1, FULL: 2 } as const;
export type Served = (typeof Served)[keyof typeof Served];
