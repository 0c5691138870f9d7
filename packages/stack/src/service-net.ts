import type { Arp } from './arp/arp.ts';
import type { Neighbours } from './arp/neighbours.ts';
import { Drop, type DropCounters } from './drop.ts';
import type { Endpoint } from './endpoint.ts';
import type { Cable } from './ether/cable.ts';
import type { Host } from './host.ts';
import type { DualOutput } from './ip/dual.ts';
import { NONE } from './key-table.ts';
import type { Network } from './network.ts';
import { Scope, scope } from './scope.ts';
import type { Query, ServiceNet, ServicePort } from './service.ts';
import type { ServicePorts } from './service-ports.ts';

/** RFC 1122 3.2.1.7 */
const HOPS = 64;

export interface StackNetParts {
  readonly network: Network;
  readonly random: () => number;
  readonly host: Host;
  readonly ip: DualOutput;
  readonly neighbours: Neighbours;
  readonly arp: Arp;
  readonly ports: ServicePorts;
  readonly cable: Cable;
  readonly drops: DropCounters;
}

/** What services get to see of the stack. */
export class StackNet implements ServiceNet {
  readonly network: Network;
  readonly random: () => number;
  readonly host: Host;
  readonly #ip: DualOutput;
  readonly #neighbours: Neighbours;
  readonly #arp: Arp;
  readonly #ports: ServicePorts;
  readonly #cable: Cable;
  readonly #drops: DropCounters;

  constructor({ network, random, host, ip, neighbours, arp, ports, cable, drops }: StackNetParts) {
    this.network = network;
    this.random = random;
    this.host = host;
    this.#ip = ip;
    this.#neighbours = neighbours;
    this.#arp = arp;
    this.#ports = ports;
    this.#cable = cable;
    this.#drops = drops;
  }

  send(
    from: Endpoint,
    to: Endpoint,
    mac: Uint8Array | null,
    b: Uint8Array,
    at: number,
    end: number,
    now: number,
  ): void {
    if (mac === null) this.#ip.datagram(from, to, HOPS, b, at, end, now);
    else this.#ip.datagramAt(mac, from, to, HOPS, b, at, end);
  }

  openPort(own: Endpoint, peer: Endpoint, received: (q: Query, now: number) => void): ServicePort | null {
    return this.#ports.open(own, peer, received);
  }

  sendFrame(b: Uint8Array, at: number, end: number): void {
    const to = this.#cable.reserve(end - at);
    if (to < 0) {
      this.#drops.count(Drop.LINK_FULL);
      return;
    }
    this.#cable.slab.set(b.subarray(at, end), to);
    this.#cable.commit(end - at, null, 0, 0, null);
  }

  neighbour(address: Endpoint, mac: Uint8Array, now: number): void {
    if (scope(this.network, address) === Scope.INSIDE) this.#neighbours.learn(address, mac, 0, now);
  }

  probe(address: Endpoint): void {
    if (scope(this.network, address) === Scope.INSIDE) this.#arp.probe(address.ip4);
  }

  isUsedByOther(address: Endpoint, mac: Uint8Array, since: number): boolean {
    const known = this.#neighbours.find(address);
    return known !== NONE && !this.#neighbours.isAt(known, mac, 0) && this.#neighbours.heardAt(known) > since;
  }
}
