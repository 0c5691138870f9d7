// How many requests were answered, and how: those that were not let in included.

export class Requests {
  readonly #byStatus: Map<number, number> = new Map();

  answered(status: number): void {
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
  }

  /** By status, the least first. */
  get counts(): readonly (readonly [status: number, count: number])[] {
    return [...this.#byStatus].sort(([a], [b]) => a - b);
  }
}
