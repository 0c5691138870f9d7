// The MAC addresses of the virtual network: 52:55 and the four bytes of the IPv4 address, as libslirp has them,
// so that a guest that changes over keeps its ARP table, and two networks on one switch do not collide.
//
// Whatever we send comes from the gateway's; the nameserver's is known from ARP only.
import { i32, put32, u16 } from '@reslirp/wire/bytes';
import * as Ether from '@reslirp/wire/ether';
import type { Network } from '../network.ts';

/** Locally administered, unicast (IEEE 802 8.2.2). */
const PREFIX = 0x5255;

export class Station {
  /** The gateway's address, then the nameserver's. */
  readonly macs: Uint8Array = new Uint8Array(2 * Ether.MAC);
  readonly #gateway: number;
  readonly #nameserver: number;

  constructor(network: Network) {
    this.#gateway = network.gateway4;
    this.#nameserver = network.nameserver4;
    put(this.macs, GATEWAY_MAC, this.#gateway);
    put(this.macs, NAMESERVER_MAC, this.#nameserver);
  }

  /** Whether the address at b[at] is one of ours. */
  owns(b: Uint8Array, at: number): boolean {
    if (u16(b, at) !== PREFIX) return false;
    const ip = i32(b, at + 2);
    return ip === this.#gateway || ip === this.#nameserver;
  }
}

/** Offsets into Station.macs. */
export const GATEWAY_MAC = 0;
export const NAMESERVER_MAC: number = Ether.MAC;

function put(b: Uint8Array, at: number, ip: number): void {
  b[at] = PREFIX >>> 8;
  b[at + 1] = PREFIX & 0xff;
  put32(b, at + 2, ip);
}
