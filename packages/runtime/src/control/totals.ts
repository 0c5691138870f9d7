// What all networks have counted together, those that are over included: counters must not go back when a guest leaves.
import type { Counters } from '../snapshot.ts';

export type ByPart = Readonly<Record<string, Counters>>;

export interface Totals {
  readonly counters: ByPart;
  readonly gauges: ByPart;
}

/** What is there now, and not what has happened, among the counters of each part. */
const GAUGES: Readonly<Record<string, readonly string[]>> = {
  stack: [
    'neighbours',
    'reassemblies',
    'reassemblyBytes',
    'forwards',
    'udpFlows',
    'echoFlows',
    'tcpFlows',
    'tcpRingBytes',
    'gatewayWatched',
    'gatewayExpected',
  ],
  host: ['tcpSockets', 'udpSockets', 'echoSockets', 'heldBytes'],
  dns: ['pending', 'streams', 'cached', 'cachedBytes'],
  tftp: ['transfers'],
  relay: ['waiting'],
};

export class Sum {
  readonly #counters: Map<string, Map<string, number>> = new Map();
  readonly #gauges: Map<string, Map<string, number>> = new Map();

  add(all: ByPart): void {
    for (const [part, counters] of Object.entries(all)) {
      for (const [name, n] of Object.entries(counters)) {
        const table = GAUGES[part]?.includes(name) ? this.#gauges : this.#counters;
        const of = table.get(part) ?? new Map<string, number>();
        table.set(part, of.set(name, (of.get(name) ?? 0) + n));
      }
    }
  }

  get totals(): Totals {
    return { counters: plain(this.#counters), gauges: plain(this.#gauges) };
  }
}

function plain(table: ReadonlyMap<string, ReadonlyMap<string, number>>): ByPart {
  return Object.fromEntries(Array.from(table, ([part, of]) => [part, Object.fromEntries(of)]));
}
