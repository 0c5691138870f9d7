// The forwards of one network, whoever has asked for them: by numbers that are not used again.
import type { ForwardAnswer, ForwardRequest, GuestForwardRequest, Place } from '../forwards.ts';

/** What carries a network: a Plane, or one on Node's sockets. */
export interface ForwardCarrier {
  forward(id: number, request: ForwardRequest): Promise<ForwardAnswer>;
  guestForward(id: number, request: GuestForwardRequest): Promise<ForwardAnswer>;
  unforward(id: number): Promise<void>;
}

/** Who has asked for it: the command line, or a client of an API. */
export type Asker = 'option' | 'api';

export type ForwardOrder =
  | { readonly kind: 'hostfwd'; readonly by: Asker; readonly request: ForwardRequest }
  | {
      readonly kind: 'guestfwd';
      readonly by: Asker;
      readonly request: GuestForwardRequest;
      /** What is behind the path that the request has. */
      readonly command?: string;
      /** When it is taken away. */
      readonly removed?: () => void;
    };

/** As it was made: with the port that was found. */
export type ForwardEntry =
  | {
      readonly kind: 'hostfwd';
      readonly id: number;
      readonly by: Asker;
      readonly protocol: 'tcp' | 'udp';
      readonly host: Place | { readonly path: string };
      readonly guest: Place;
    }
  | {
      readonly kind: 'guestfwd';
      readonly id: number;
      readonly by: Asker;
      readonly at: Place;
      readonly to: Place | { readonly path: string } | { readonly command: string };
    };

export interface ForwardFault {
  /** In words. */
  readonly error: string;
  /** It could never be, whatever is free. */
  readonly isInvalid: boolean;
}

export class ForwardBook {
  readonly #carrier: ForwardCarrier;
  readonly #number: () => number;
  readonly #made: Map<number, { readonly entry: ForwardEntry; readonly removed: () => void }> = new Map();

  /** `number`: a new one for each call, from 1 on: of this book's own. */
  constructor(carrier: ForwardCarrier, number: () => number = counting()) {
    this.#carrier = carrier;
    this.#number = number;
  }

  get size(): number {
    return this.#made.size;
  }

  /** Resolves to what was made, or to why it was not. */
  async add(order: ForwardOrder): Promise<ForwardEntry | ForwardFault> {
    const id = this.#number();
    const answer =
      order.kind === 'hostfwd'
        ? await this.#carrier.forward(id, order.request)
        : await this.#carrier.guestForward(id, order.request);
    const { error, isInvalid = false } = answer;
    if (error !== null) return { error, isInvalid };
    const entry = entryOf(id, order, answer.port);
    this.#made.set(id, { entry, removed: ('removed' in order && order.removed) || (() => {}) });
    return entry;
  }

  /** In the order in which they were asked for. */
  list(): readonly ForwardEntry[] {
    return Array.from(this.#made.values(), ({ entry }) => entry);
  }

  /** False when there is none of that number. What flows through it goes on. */
  async remove(id: number): Promise<boolean> {
    const made = this.#made.get(id);
    if (made === undefined) return false;
    this.#made.delete(id);
    await this.#carrier.unforward(id);
    made.removed();
    return true;
  }
}

/** 1, 2, 3 … */
export function counting(): () => number {
  let n = 0;
  return () => ++n;
}

function entryOf(id: number, order: ForwardOrder, port: number): ForwardEntry {
  const { by } = order;
  if (order.kind === 'hostfwd') {
    const { protocol, host, guest } = order.request;
    return { kind: 'hostfwd', id, by, protocol, host: 'path' in host ? host : { ...host, port }, guest };
  }
  const { at, to } = order.request;
  return { kind: 'guestfwd', id, by, at, to: order.command === undefined ? to : { command: order.command } };
}
