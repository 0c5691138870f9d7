// The networks of this process, for whoever looks after them while they run: an API, say. Each is there from its beginning to its
// end, and has a number that no other gets.
import type { NetworkSettings } from '../settings.ts';
import type { Counters } from '../snapshot.ts';
import {
  type Asker,
  counting,
  ForwardBook,
  type ForwardCarrier,
  type ForwardEntry,
  type ForwardOrder,
} from './forward-book.ts';
import { type Inquiry, isRefused, type Lease, type Refused, type Replies, type Reply } from './inquiry.ts';
import { cut, type Page, type Paging, pageOf, pauses } from './pages.ts';
import { Sum, type Totals } from './totals.ts';

/** What carries a network: a Plane, or what run() returns. */
export interface Carrier extends ForwardCarrier {
  inquire<K extends Inquiry['kind']>(inquiry: Extract<Inquiry, { kind: K }>): Promise<Reply<K>>;
  /** `listener` hears of the end, while what was counted is still there. */
  onClose?(listener: (counters: Readonly<Record<string, Counters>>) => void): void;
}

/** A guest's cable. */
export interface GuestPort {
  /** No other of this process has it. */
  readonly id: number;
  readonly name: string;
  /** When it came. */
  readonly since: Date;
  /** Who is behind it, and what it has counted; null: it is the network's only one. */
  readonly port: { macs(): readonly string[]; readonly counters: Counters } | null;
}

/** Where forwards lead that name no address. */
export interface Defaults {
  /** The first guest. */
  readonly guest: string;
  /** The place of guest forwards. */
  readonly inner: string;
}

export interface Served {
  readonly id: number;
  readonly forwards: ForwardBook;
}

interface Known extends Served {
  readonly carrier: Carrier;
  readonly guests: () => readonly GuestPort[];
  readonly since: Date;
}

type InNetwork<T> = T & { readonly network: number };
/** As a client asks for it; addresses that are left out are null. */
export type Wanted =
  | {
      readonly kind: 'hostfwd';
      readonly protocol: 'tcp' | 'udp';
      readonly host: { readonly address: string; readonly port: number } | { readonly path: string };
      readonly guest: { readonly address: string | null; readonly port: number };
    }
  | {
      readonly kind: 'guestfwd';
      readonly at: { readonly address: string | null; readonly port: number };
      readonly to: { readonly address: string; readonly port: number } | { readonly path: string };
    };

const OF_CABLE = ['framesIn', 'bytesIn', 'framesOut', 'bytesOut'] as const;

export class Networks {
  readonly #settings: NetworkSettings['network'];
  readonly #defaults: Defaults;
  readonly #known: Map<number, Known> = new Map();
  readonly #newId: () => number = counting();
  readonly #forwardId: () => number = counting();
  /** What networks have counted that are over. */
  readonly #past: Sum = new Sum();
  readonly #beside: Map<string, () => Counters> = new Map();

  /** All networks of a process are alike. */
  constructor({ network }: Pick<NetworkSettings, 'network'>, defaults: Defaults) {
    this.#settings = network;
    this.#defaults = defaults;
  }

  /** A network has begun. `guests`: those that are there now, in the order of their numbers. */
  begin(carrier: Carrier, guests: () => readonly GuestPort[]): Served {
    const id = this.#newId();
    const forwards = new ForwardBook(carrier, this.#forwardId);
    this.#known.set(id, { id, carrier, guests, forwards, since: new Date() });
    carrier.onClose?.((counters) => {
      this.#past.add(counters);
      this.#known.delete(id);
    });
    return { id, forwards };
  }

  /** What this process counts beside its networks, by a name that no part of a network has. */
  count(part: string, counters: () => Counters): void {
    this.#beside.set(part, counters);
  }

  get counts(): { networks: number; guests: number; forwards: number } {
    const all = [...this.#known.values()];
    const sum = (of: (known: Known) => number): number => all.reduce((n, known) => n + of(known), 0);
    return { networks: all.length, guests: sum((k) => k.guests().length), forwards: sum((k) => k.forwards.size) };
  }

  networks(paging: Paging): Promise<Page<ReturnType<Networks['describe']>>> {
    return pageOf(this.#of(null), paging, (known) => ({ items: [this.describe(known)], next: null }));
  }

  describe({ id, guests, forwards, since }: Known): {
    id: number;
    network4: string | null;
    network6: string | null;
    gateway: string;
    nameserver: string;
    guests: number;
    forwards: number;
    since: string;
  } {
    const { network, gateway, nameserver, ipv4 = true, network6 = null } = this.#settings;
    const network4 = ipv4 ? network : null;
    const counts = { guests: guests().length, forwards: forwards.size };
    return { id, network4, network6, gateway, nameserver, ...counts, since: since.toISOString() };
  }

  guests(network: number | null, paging: Paging): Promise<Page<GuestDescription>> {
    return pageOf(this.#of(network), paging, async (known, own) => {
      const { items, next } = cut(known.guests(), own, ({ id }) => id);
      return { items: await described(known, items), next };
    });
  }

  forwards(network: number | null, paging: Paging): Promise<Page<InNetwork<ForwardEntry>>> {
    return pageOf(this.#of(network), paging, ({ id: network, forwards }, own) => {
      const { items, next } = cut(forwards.list(), own, ({ id }) => id);
      return { items: items.map((entry) => ({ ...entry, network })), next };
    });
  }

  /** All of them, or none. */
  async forward(
    network: number | null,
    wanted: readonly Wanted[],
  ): Promise<readonly InNetwork<ForwardEntry>[] | Refused> {
    const known = this.#one(network);
    if (isRefused(known)) return known;
    const made: ForwardEntry[] = [];
    for (const one of wanted) {
      const entry = await known.forwards.add(this.#order(one));
      if (!('error' in entry)) made.push(entry);
      else {
        for (const { id } of made) await known.forwards.remove(id);
        return { refused: entry.isInvalid ? 'invalid' : 'conflict', why: entry.error };
      }
    }
    return made.map((entry) => ({ ...entry, network: known.id }));
  }

  async unforward(id: number): Promise<null | Refused> {
    for (const { forwards } of this.#known.values()) if (await forwards.remove(id)) return null;
    return { refused: 'unknown', why: `there is no forward ${id}` };
  }

  leases(network: number | null, paging: Paging): Promise<Page<InNetwork<Lease>>> {
    return pageOf(this.#of(network), paging, async ({ id: network, carrier }, own) => {
      const reply = await carrier.inquire({ kind: 'leases', ...own });
      if (isRefused(reply)) return NOTHING;
      return { items: reply.leases.map((lease) => ({ ...lease, network })), next: reply.next };
    });
  }

  names(network: number | null, paging: Paging): Promise<Page<NameDescription>> {
    return pageOf(this.#of(network), paging, async ({ id: network, carrier }, own) => {
      const reply = await carrier.inquire({ kind: 'names' });
      if (isRefused(reply)) return NOTHING;
      const { items, next } = cut(reply.names, own, ({ name }) => name);
      return { items: items.map(({ by, ...name }) => ({ ...name, network, by: ASKERS[by] })), next };
    });
  }

  setName(network: number | null, name: string, addresses: readonly string[]): Promise<null | Refused> {
    return this.#tell(network, { kind: 'setName', name, addresses });
  }

  removeName(network: number | null, name: string): Promise<null | Refused> {
    return this.#tell(network, { kind: 'removeName', name });
  }

  async forgetAnswers(network: number | null): Promise<{ forgotten: number } | Refused> {
    let forgotten = 0;
    const pause = pauses();
    for (const { carrier } of this.#of(network)) {
      const reply = await carrier.inquire({ kind: 'forgetAnswers' });
      if (isRefused(reply)) return reply;
      forgotten += reply.forgotten;
      await pause();
    }
    return { forgotten };
  }

  flows(
    {
      network,
      ...filter
    }: Pick<Extract<Inquiry, { kind: 'flows' }>, 'protocol' | 'guest'> & { network: number | null },
    paging: Paging,
  ): Promise<Page<InNetwork<Replies['flows']['flows'][number]>>> {
    return pageOf(this.#of(network), paging, async ({ id: network, carrier }, own) => {
      const reply = await carrier.inquire({ kind: 'flows', ...filter, ...own });
      if (isRefused(reply)) return NOTHING;
      return {
        items: reply.flows.map((flow) => ({
          ...flow,
          id: `${network}-${flow.id}`,
          network,
          age: Math.round(flow.age),
          idle: Math.round(flow.idle),
        })),
        next: reply.next,
      };
    });
  }

  /** By its `id` of flows(). */
  async endFlow(id: string): Promise<null | Refused> {
    const [, network, flow = ''] = /^(\d+)-(.*)$/s.exec(id) ?? [];
    const known = this.#known.get(Number(network));
    if (known === undefined) return { refused: 'unknown', why: `there is no flow '${id}'` };
    const reply = await known.carrier.inquire({ kind: 'endFlow', id: flow });
    return reply?.refused === 'unknown' ? { ...reply, why: `there is no flow '${id}'` } : reply;
  }

  async totals(network: number | null): Promise<Totals> {
    const sum = new Sum();
    const pause = pauses();
    for (const { carrier } of this.#of(network)) {
      const reply = await carrier.inquire({ kind: 'counters' });
      if (!isRefused(reply)) sum.add(reply.counters);
      await pause();
    }
    if (network !== null) return sum.totals;
    sum.add(this.#past.totals.counters); // after: whoever left meanwhile is in it
    for (const [part, counters] of this.#beside) sum.add({ [part]: counters() });
    return sum.totals;
  }

  #of(network: number | null): readonly Known[] {
    return [...this.#known.values()].filter(({ id }) => network === null || network === id);
  }

  /** The one that is meant. */
  #one(network: number | null): Known | Refused {
    const [known, ...others] = this.#of(network);
    if (known === undefined) {
      return network === null
        ? { refused: 'conflict', why: 'there is no network now: no guest is there' }
        : { refused: 'unknown', why: `there is no network ${network}` };
    }
    if (others.length === 0) return known;
    return { refused: 'conflict', why: `there are ${others.length + 1} networks: 'network' has to say which` };
  }

  async #tell(
    network: number | null,
    inquiry: Extract<Inquiry, { kind: 'setName' | 'removeName' }>,
  ): Promise<null | Refused> {
    const known = this.#one(network);
    return isRefused(known) ? known : known.carrier.inquire(inquiry);
  }

  #order(wanted: Wanted): ForwardOrder {
    const { guest: first, inner } = this.#defaults;
    if (wanted.kind === 'hostfwd') {
      const { protocol, host, guest } = wanted;
      const request = { protocol, host, guest: { address: guest.address ?? first, port: guest.port } };
      return { kind: 'hostfwd', by: 'api', request };
    }
    const { at, to } = wanted;
    const request = { at: { address: at.address ?? inner, port: at.port }, to };
    return { kind: 'guestfwd', by: 'api', request };
  }
}

const NOTHING = { items: [], next: null } as const;
const ASKERS = { network: 'network', configuration: 'option', request: 'api' } as const;

interface NameDescription {
  readonly network: number;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly by: Asker | 'network';
}

interface GuestDescription {
  readonly id: number;
  readonly network: number;
  readonly name: string;
  readonly since: string;
  readonly macs: readonly string[];
  readonly addresses: Replies['neighbours']['neighbours'];
  readonly counters: Counters;
}

/** Guests of one network. */
async function described(
  { id: network, carrier }: Known,
  ports: readonly GuestPort[],
): Promise<readonly GuestDescription[]> {
  const heard = await carrier.inquire({ kind: 'neighbours' });
  const all = isRefused(heard) ? [] : heard.neighbours;
  const own = ports.some(({ port }) => port === null) ? await carrier.inquire({ kind: 'counters' }) : null;
  const stack = own === null || isRefused(own) ? {} : (own.counters['stack'] ?? {});
  return ports.map(({ id, name, since, port }) => {
    const macs = port === null ? [...new Set(all.map(({ mac }) => mac))] : port.macs();
    const addresses = all.filter(({ mac }) => macs.includes(mac)).map((n) => ({ ...n, idle: Math.round(n.idle) }));
    const counters = port?.counters ?? Object.fromEntries(OF_CABLE.map((counter) => [counter, stack[counter] ?? 0]));
    return { id, network, name, since: since.toISOString(), macs, addresses, counters: { ...counters } };
  });
}
