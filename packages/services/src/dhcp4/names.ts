// Who is called what: names that clients give themselves, each of one client at a time. Nobody takes the name of another who is
// there; it is free again when that lease has ended.
import type { Lease } from './leases.ts';

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** The first label of a name that a client sent, in lower case; empty when that is none. */
export function firstLabel(name: string): string {
  const [label = ''] = name.toLowerCase().split('.', 1);
  return LABEL.test(label) ? label : '';
}

export class Names {
  readonly #byName: Map<string, Lease> = new Map();

  /** Whether `lease` is called so from now on. */
  claim(name: string, lease: Lease, now: number): boolean {
    const other = this.#byName.get(name);
    if (other !== undefined && other !== lease && other.until > now) return false;
    this.#byName.set(name, lease);
    return true;
  }

  drop(lease: Lease): void {
    if (this.#byName.get(lease.name) === lease) this.#byName.delete(lease.name);
  }

  find(name: string): Lease | null {
    return this.#byName.get(name) ?? null;
  }
}
