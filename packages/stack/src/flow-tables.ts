// The flows of a stack, for people and programs that look at it: listed in parts, so that thousands of them are no pause, and
// ended by their name.
import type { Endpoint } from './endpoint.ts';
import type { FlowInfo } from './flow-info.ts';

/** Where flows are, each at a place that stays its own for as long as it lives. */
export interface FlowTable {
  /** Those from the place `from` on in order, of `guest`, whose port means nothing; null: of all. */
  flows(now: number, from?: number, guest?: Endpoint | null): Generator<FlowInfo>;
  /** Ends the flow at that place, if it is still that of the number. False: it is not. */
  end?(place: number, number: number, now: number): boolean;
}

export type FlowKind = 'tcp' | 'udp' | 'forward' | 'icmp';

const KINDS: readonly FlowKind[] = ['tcp', 'udp', 'forward', 'icmp'];
const PROTOCOLS: Readonly<Record<FlowKind, FlowInfo['protocol']>> = {
  tcp: 'tcp',
  udp: 'udp',
  forward: 'udp',
  icmp: 'icmp',
};

export interface FlowQuery {
  /** All of them. */
  readonly protocol?: FlowInfo['protocol'] | null;
  /** Of this guest, whose port means nothing: of all. */
  readonly guest?: Endpoint | null;
  /** `next` of the page before: the first page. */
  readonly after?: string | null;
  /** Flows of the page, at most. */
  readonly limit: number;
}

/** What lives while all pages are asked for is on one of them, once. */
export interface FlowPage {
  readonly flows: readonly FlowInfo[];
  /** Null: there are no more. */
  readonly next: string | null;
}

/** Which it is, for as long as the stack lives: 'tcp-12-345' is at place 12, and was the 345th. */
export function flowId(kind: FlowKind, place: number, number: number): string {
  return `${kind}-${place}-${number}`;
}

export class FlowTables {
  readonly #tables: Readonly<Record<FlowKind, FlowTable>>;

  constructor(tables: Readonly<Record<FlowKind, FlowTable>>) {
    this.#tables = tables;
  }

  all(now: number): FlowInfo[] {
    return KINDS.flatMap((kind) => [...this.#tables[kind].flows(now)]);
  }

  page({ protocol = null, guest = null, after = null, limit }: FlowQuery, now: number): FlowPage {
    const behind = after === null ? null : parse(after);
    const flows: FlowInfo[] = [];
    for (const kind of behind === null ? KINDS : KINDS.slice(KINDS.indexOf(behind.kind))) {
      if (protocol !== null && PROTOCOLS[kind] !== protocol) continue;
      const from = kind === behind?.kind ? behind.place + 1 : 0;
      for (const flow of this.#tables[kind].flows(now, from, guest)) {
        if (flows.length >= limit) return { flows, next: flows.at(-1)?.id ?? after };
        flows.push(flow);
      }
    }
    return { flows, next: null };
  }

  /** False: there is none of that name, or it is a forward, which ends when it is closed. */
  end(id: string, now: number): boolean {
    const named = parse(id);
    return named !== null && (this.#tables[named.kind].end?.(named.place, named.number, now) ?? false);
  }
}

function parse(id: string): { kind: FlowKind; place: number; number: number } | null {
  const [, kind, place, number] = /^(tcp|udp|forward|icmp)-(\d{1,10})-(\d{1,15})$/.exec(id) ?? [];
  return kind === undefined ? null : { kind: kind as FlowKind, place: Number(place), number: Number(number) };
}
