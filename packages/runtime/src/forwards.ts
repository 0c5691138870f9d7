// The forwards that a program has asked for, by the numbers that it gave them.
import { ConfigError, type Forward, type Stack } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import { BindFault, type UnixPath } from '@reslirp/stack/host';

/** An address as text, and a port. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** A port of this machine that leads to one of the guest; port 0 for one of the system's choice. */
export interface ForwardRequest {
  readonly protocol: 'tcp' | 'udp';
  readonly host: Place | UnixPath;
  readonly guest: Place;
}

/** An address and port inside the network that leads to something on this machine. */
export interface GuestForwardRequest {
  readonly at: Place;
  readonly to: Place | UnixPath;
}

/** `error`: why there is none, in words; null when there is, at this port of the host (0 for a path, or inside). */
export interface ForwardAnswer {
  readonly error: string | null;
  readonly port: number;
  /** It could never be, whatever is free. */
  readonly isInvalid?: boolean;
}

const WORDS: Readonly<Record<BindFault, string>> = {
  [BindFault.IN_USE]: 'it is in use',
  [BindFault.DENIED]: 'this user may not have it',
  [BindFault.NOT_LOCAL]: 'it is no address of this machine',
  [BindFault.EXHAUSTED]: 'too many descriptors are open',
};

export class StackForwards {
  readonly #stack: Stack;
  readonly #made: Map<number, Forward> = new Map();

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  add(id: number, { protocol, host, guest }: ForwardRequest, answer: (a: ForwardAnswer) => void): void {
    const refuse = (error: string): void => answer({ error, port: 0 });
    this.#attempt(id, answer, () =>
      this.#stack.forward(
        { protocol, host: 'path' in host ? host : parsed(host), guest: parsed(guest) },
        {
          bound: ({ port }) => answer({ error: null, port }),
          unbound: (why) => {
            this.#made.delete(id);
            refuse(`${nameOf(host)}: ${WORDS[why]}`);
          },
        },
      ),
    );
  }

  addInner(id: number, { at, to }: GuestForwardRequest, answer: (a: ForwardAnswer) => void): void {
    const isMade = this.#attempt(id, answer, () =>
      this.#stack.guestForward({ at: parsed(at), to: 'path' in to ? to : parsed(to) }),
    );
    if (isMade) answer({ error: null, port: 0 });
  }

  /** What flows through it goes on. */
  remove(id: number): void {
    this.#made.get(id)?.close();
    this.#made.delete(id);
  }

  /** `answer` is told what cannot be. */
  #attempt(id: number, answer: (a: ForwardAnswer) => void, make: () => Forward): boolean {
    try {
      this.#made.set(id, make());
      return true;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      answer({ error: error.message, port: 0, isInvalid: !error.message.endsWith(' already') });
      return false;
    }
  }
}

/** Throws a ConfigError. */
function parsed({ address, port }: Place): Endpoint {
  const endpoint = Endpoint.parse(address, port);
  if (endpoint === null) throw new ConfigError('address', `'${address}' is no address`);
  return endpoint;
}

function nameOf(host: Place | UnixPath): string {
  if ('path' in host) return host.path;
  return host.address.includes(':') ? `[${host.address}]:${host.port}` : `${host.address}:${host.port}`;
}
