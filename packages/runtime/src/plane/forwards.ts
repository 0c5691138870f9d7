// The forwards that the program has asked for, by the numbers that it gave them.
import { ConfigError, type Forward, type Stack } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import { BindFault } from '@reslirp/stack/host';
import type { ForwardRequest } from './message.ts';

const WORDS: Readonly<Record<BindFault, string>> = {
  [BindFault.IN_USE]: 'the port is in use',
  [BindFault.DENIED]: 'this user may not have the port',
  [BindFault.NOT_LOCAL]: 'it is no address of this machine',
  [BindFault.EXHAUSTED]: 'too many descriptors are open',
};

export class PlaneForwards {
  readonly #stack: Stack;
  readonly #answer: (id: number, error: string | null) => void;
  readonly #made: Map<number, Forward> = new Map();

  /** `answer`: null when the forward is there. */
  constructor(stack: Stack, answer: (id: number, error: string | null) => void) {
    this.#stack = stack;
    this.#answer = answer;
  }

  add(id: number, { protocol, host, guest }: ForwardRequest): void {
    const from = Endpoint.parse(host.address, host.port);
    const to = Endpoint.parse(guest.address, guest.port);
    if (from === null || to === null) {
      this.#answer(id, `'${from === null ? host.address : guest.address}' is no address`);
      return;
    }
    try {
      const forward = this.#stack.forward(
        { protocol, host: from, guest: to },
        {
          bound: () => this.#answer(id, null),
          unbound: (why) => {
            this.#made.delete(id);
            this.#answer(id, `${from}: ${WORDS[why]}`);
          },
        },
      );
      this.#made.set(id, forward);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#answer(id, error.message);
    }
  }

  remove(id: number): void {
    this.#made.get(id)?.close();
    this.#made.delete(id);
  }
}
