// Flows without a connection: each lives while it is used, for its lifetime after that, and is one among so many. What they are keyed
// by, and what they carry, is their owner's: udp/nat.ts, icmp/echo.ts.
import { Agenda } from './agenda.ts';
import type { Endpoint } from './endpoint.ts';
import type { FlowInfo, Traffic } from './flow-info.ts';
import type { FlowTable } from './flow-tables.ts';
import { KeyTable, NONE } from './key-table.ts';

export interface TimedMapping {
  /** Its place in the table, whose it is to set. */
  slot: number;
  readonly guest: Endpoint;
  readonly traffic: Traffic;
  /** Milliseconds of the stack's clock. It may grow at any time. */
  readonly expiresAt: number;
  /** Lets go of its socket. */
  close(): void;
}

export interface MappingTableOptions {
  readonly kind: 'udp' | 'icmp';
  /** Of 32 bits, in a key. */
  readonly words: number;
  readonly capacity: number;
  readonly random: () => number;
}

export abstract class MappingTable<M extends TimedMapping> implements FlowTable {
  opened: number = 0;
  expired: number = 0;
  evicted: number = 0;
  /** By whoever looks after the network. */
  ended: number = 0;
  /** Mappings that ever began. */
  protected born: number = 0;
  /** Scratch: the key of the mapping at hand. */
  protected readonly key: Int32Array;
  readonly #kind: MappingTableOptions['kind'];
  readonly #table: KeyTable;
  readonly #mappings: (M | null)[] = [];
  readonly #agenda: Agenda;

  constructor({ kind, words, capacity, random }: MappingTableOptions) {
    this.#kind = kind;
    this.key = new Int32Array(words);
    this.#table = new KeyTable(words, capacity, random);
    this.#agenda = new Agenda(capacity);
  }

  get size(): number {
    return this.#table.size;
  }

  /** Closes what has been idle for its lifetime. */
  poll(now: number): void {
    for (let slot = this.#agenda.take(now); slot !== NONE; slot = this.#agenda.take(now)) {
      const m = this.#mappings[slot]!;
      if (m.expiresAt > now) {
        this.#agenda.arm(slot, m.expiresAt);
        continue;
      }
      this.expired++;
      this.#remove(m);
    }
  }

  deadline(): number {
    return this.#agenda.next();
  }

  *flows(now: number, from: number = 0, guest: Endpoint | null = null): Generator<FlowInfo> {
    for (let slot = from; slot < this.#mappings.length; slot++) {
      const m = this.#mappings[slot];
      if (m && (guest === null || guest.sameAddress(m.guest))) {
        yield m.traffic.describe(this.#kind, slot, m.guest, now);
      }
    }
  }

  end(slot: number, number: number): boolean {
    const m = this.#mappings[slot];
    if (!m || m.traffic.number !== number) return false;
    this.ended++;
    this.#remove(m);
    return true;
  }

  close(): void {
    for (const m of this.#mappings) if (m) this.#remove(m);
  }

  /** The one of `key`. */
  protected find(): M | null {
    const slot = this.#table.find(this.key);
    return slot === NONE ? null : this.#mappings[slot]!;
  }

  /** There is a place now: the one that has been idle longest gives its own where there is none. */
  protected makeRoom(): void {
    if (this.#table.full) this.evictOldest();
  }

  /** Under `key`, which is not there yet. */
  protected admit(m: M): void {
    this.opened++;
    m.slot = this.#table.add(this.key);
    this.#mappings[m.slot] = m;
  }

  /** If there is any. */
  protected evictOldest(): void {
    const { oldest } = this.#table;
    if (oldest === NONE) return;
    this.evicted++;
    this.#remove(this.#mappings[oldest]!);
  }

  /** It is used. */
  protected touch(m: M): void {
    this.#table.touch(m.slot);
  }

  /** It is used, and `expiresAt` says for how long. */
  protected refresh(m: M): void {
    this.touch(m);
    this.#agenda.arm(m.slot, m.expiresAt);
  }

  #remove(m: M): void {
    m.close();
    this.#agenda.disarm(m.slot);
    this.#mappings[m.slot] = null;
    this.#table.remove(m.slot);
  }
}
