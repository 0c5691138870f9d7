// Where leases outlive the server. The edge has the file and the clock of the wall; here is the stack's.
import type { Lease } from './leases.ts';

/** What is remembered of a client that has an address. `until`: clock of the stack, as in Lease. */
export type KeptLease = Pick<Lease, 'address' | 'client' | 'mac' | 'name' | 'until'>;

export interface LeaseStore {
  /** What was kept in an earlier life, and has not ended. Called once. */
  load(): readonly KeptLease[];
  /** Keeps these and nothing else. Called a second after the first of several changes, and at the end. Does not throw. */
  save(leases: readonly KeptLease[]): void;
}
