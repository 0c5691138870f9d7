// Addresses of the network that are neither ours nor a guest's, but lead somewhere all the same: those of guest forwards.
// Whoever asks for them on the cable is told the gateway's MAC.
import type { Endpoint } from '../endpoint.ts';

export class Claims {
  readonly #addresses: Endpoint[] = [];

  has(address: Endpoint): boolean {
    return this.#addresses.some((claimed) => claimed.sameAddress(address));
  }

  /** Several may claim the same; each lets go by itself. */
  claim(address: Endpoint): () => void {
    const copy = address.copy();
    this.#addresses.push(copy);
    return () => {
      const i = this.#addresses.indexOf(copy);
      if (i >= 0) this.#addresses.splice(i, 1);
    };
  }
}
