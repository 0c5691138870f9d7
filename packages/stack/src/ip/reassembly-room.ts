// What the unfinished datagrams of both IP versions may hold together. Beyond it the one that has waited longest goes, whichever
// version it is of.

export interface ReassemblyLimits {
  /** Datagrams. */
  readonly reassemblies: number;
  readonly reassemblyBytes: number;
}

/** The reassembly of one version. */
export interface Tenant {
  /** Datagrams and bytes that it holds. */
  readonly size: number;
  readonly held: number;
  /** Since when the one has waited that has waited longest; Infinity when there is none. */
  readonly since: number;
  /** Gives that one up. */
  evict(): void;
}

export class ReassemblyRoom {
  readonly limits: ReassemblyLimits;
  readonly #tenants: Tenant[] = [];

  constructor(limits: ReassemblyLimits) {
    this.limits = limits;
  }

  join(tenant: Tenant): void {
    this.#tenants.push(tenant);
  }

  get size(): number {
    return this.#tenants.reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes, bookkeeping included. */
  get held(): number {
    return this.#tenants.reduce((sum, { held }) => sum + held, 0);
  }

  /** There is place for one datagram more. */
  admit(): void {
    while (this.size >= this.limits.reassemblies) this.#evict();
  }

  /** What is held is within the limit again. */
  shrink(): void {
    while (this.held > this.limits.reassemblyBytes) this.#evict();
  }

  #evict(): void {
    this.#tenants.reduce((a, b) => (b.since < a.since ? b : a)).evict();
  }
}
