// Which addresses there are to give: a range, without those that mean something else. Addresses are int32.

import { ConfigError } from '@reslirp/stack';
import type { ServiceNet } from '@reslirp/stack/service';
import { format4 } from '@reslirp/wire/address';

type Network = ServiceNet['network'];

/** The usual first address is the network's plus this. */
const USUAL_START = 15;

export class Pool {
  /** Of the range, both included; unsigned, so that they can be compared. */
  readonly first: number;
  readonly last: number;
  /** Addresses to give, reserved ones included. */
  readonly size: number;
  readonly #network: Network;
  readonly #reserved: ReadonlySet<number>;

  /**
   * From `start` (null: the usual one) to the end of the network; `reserved` ones are for certain clients, and may lie before.
   * Throws ConfigError when nothing is in between.
   */
  constructor(network: Network, start: number | null, reserved: readonly number[] = []) {
    const base = network.address4 >>> 0;
    const last = (network.broadcast4 >>> 0) - 1;
    const usual = base + USUAL_START <= last ? base + USUAL_START : base + 1;
    this.#network = network;
    this.#reserved = new Set(reserved);
    this.first = start === null ? usual : start >>> 0;
    this.last = last;
    const text = `${format4(network.address4)}/${network.prefix4}`;
    if (this.first <= base || this.first > last) {
      throw new ConfigError('start', `${format4(this.first)} is not an address for guests of ${text}`);
    }
    const own = new Set([network.gateway4, network.nameserver4]);
    reserved.forEach((ip, i) => {
      const isHost = ip >>> 0 > base && ip >>> 0 <= last && !own.has(ip);
      if (!isHost)
        throw new ConfigError(`hosts[${i}].address`, `${format4(ip)} is not an address for a guest of ${text}`);
    });
    const before = reserved.filter((ip) => !this.#inRange(ip)).length;
    this.size = last - this.first + 1 + before - [...own].filter((ip) => this.#inRange(ip)).length;
    if (this.size < 1) throw new ConfigError('start', `no address is left for guests of ${text}`);
  }

  /** Whether anybody may have it. `ip` is int32. */
  has(ip: number): boolean {
    return (
      this.#inRange(ip) && !this.#reserved.has(ip) && ip !== this.#network.gateway4 && ip !== this.#network.nameserver4
    );
  }

  #inRange(ip: number): boolean {
    return ip >>> 0 >= this.first && ip >>> 0 <= this.last;
  }
}
