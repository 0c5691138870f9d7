// What the workers of one run share: the next world, what was done so far, and what each of them is at.
const NEXT = 0;
const PACKETS = 1;
const BYTES = 2;
const FLOWS = 3;
const WORLDS = 4;
const OF_WORKERS = 5;
const NOTHING = -1n;

export class Progress {
  readonly memory: SharedArrayBuffer;
  readonly #cells: BigInt64Array;

  /** A new one for so many workers, or the one in `memory`. */
  constructor(memory: number | SharedArrayBuffer) {
    this.memory = typeof memory === 'number' ? new SharedArrayBuffer((OF_WORKERS + memory) * 8) : memory;
    this.#cells = new BigInt64Array(this.memory);
  }

  get packets(): number {
    return this.#read(PACKETS);
  }

  get bytes(): number {
    return this.#read(BYTES);
  }

  get flows(): number {
    return this.#read(FLOWS);
  }

  get worlds(): number {
    return this.#read(WORLDS);
  }

  /** The number of a world that nobody has had, from 0 on, for `worker`. */
  take(worker: number): number {
    const world = Atomics.add(this.#cells, NEXT, 1n);
    Atomics.store(this.#cells, OF_WORKERS + worker, world);
    return Number(world);
  }

  played(worker: number, { packets, bytes, flows }: { packets: number; bytes: number; flows: number }): void {
    Atomics.add(this.#cells, PACKETS, BigInt(packets));
    Atomics.add(this.#cells, BYTES, BigInt(bytes));
    Atomics.add(this.#cells, FLOWS, BigInt(flows));
    Atomics.add(this.#cells, WORLDS, 1n);
    Atomics.store(this.#cells, OF_WORKERS + worker, NOTHING);
  }

  /** The world that `worker` is in; -1 for none. */
  at(worker: number): number {
    return this.#read(OF_WORKERS + worker);
  }

  #read(cell: number): number {
    return Number(Atomics.load(this.#cells, cell));
  }
}
