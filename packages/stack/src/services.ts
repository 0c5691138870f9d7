// Which service answers where: all bindings, checked once against each other.
import * as Ether from '@reslirp/wire/ether';
import { ConfigError } from './config.ts';
import type { Endpoint } from './endpoint.ts';
import { Scope } from './scope.ts';
import type { Binding, Service, ServiceNet } from './service.ts';

/** IEEE 802.3 3.2.6: smaller ones are lengths. */
const FIRST_TYPE = 0x0600;
const { IP4, IP6, ARP, VLAN } = Ether.Type;
const STACKS_OWN: readonly number[] = [IP4, IP6, ARP, VLAN];

const PLACES: Readonly<Record<Binding['at'], readonly Scope[]>> = {
  gateway: [Scope.GATEWAY],
  nameserver: [Scope.NAMESERVER],
  anywhere: [Scope.GATEWAY, Scope.NAMESERVER, Scope.BROADCAST],
};

export class Services {
  readonly #all: readonly Service[];
  readonly #restricted: boolean;
  readonly #bound: Map<number, Service> = new Map();
  readonly #byEtherType: Map<number, Service> = new Map();

  /** In a `restricted` network services with egress are there, but never asked. Throws ConfigError. */
  constructor(all: readonly Service[], restricted: boolean) {
    this.#all = all;
    this.#restricted = restricted;
    for (const service of all) {
      for (const binding of service.bindings) this.#bind(service, binding);
      for (const type of service.etherTypes ?? []) this.#take(service, type);
    }
  }

  /** The service behind one of our addresses, or behind the broadcast address; null when there is none. */
  find(protocol: Binding['protocol'], scope: Scope, { port, is4 }: Endpoint): Service | null {
    const service = this.#bound.get(keyOf(protocol, scope, port, is4));
    return service === undefined || (this.#restricted && service.egress) ? null : service;
  }

  /** Whether a service answers that UDP port, at any address. */
  isBound(port: number): boolean {
    return this.#all.some(({ bindings }) => bindings.some((b) => b.protocol === 'udp' && b.port === port));
  }

  /** The service that frames of this type are for; null when there is none. */
  ofType(etherType: number): Service | null {
    const service = this.#byEtherType.get(etherType);
    return service === undefined || (this.#restricted && service.egress) ? null : service;
  }

  /** Whether there is one that answers at the nameserver's address and nowhere else. */
  get haveNameserver(): boolean {
    return this.#all.some(({ bindings }) => bindings.some(({ at }) => at === 'nameserver'));
  }

  /** When one of them throws, those already started are closed. */
  start(net: ServiceNet): void {
    for (const [i, service] of this.#all.entries()) {
      try {
        service.start(net);
      } catch (error) {
        for (const started of this.#all.slice(0, i)) started.close?.();
        throw error;
      }
    }
  }

  poll(now: number): void {
    for (const service of this.#all) service.poll?.(now);
  }

  flush(now: number): void {
    for (const service of this.#all) service.flush?.(now);
  }

  deadline(): number {
    let first = Infinity;
    for (const service of this.#all) first = Math.min(first, service.deadline?.() ?? Infinity);
    return first;
  }

  close(): void {
    for (const service of this.#all) service.close?.();
  }

  #take(service: Service, etherType: number): void {
    const other = this.#byEtherType.get(etherType);
    const what = `Ethernet frames of type 0x${etherType.toString(16).padStart(4, '0')}`;
    if (STACKS_OWN.includes(etherType) || !(etherType >= FIRST_TYPE && etherType <= 0xffff)) {
      throw new ConfigError('services', `'${service.name}' takes ${what}, which are none of a service`);
    }
    if (other !== undefined)
      throw new ConfigError('services', `'${other.name}' and '${service.name}' both take ${what}`);
    if (service.frame === undefined)
      throw new ConfigError('services', `'${service.name}' takes ${what} and has no frame()`);
    this.#byEtherType.set(etherType, service);
  }

  #bind(service: Service, binding: Binding): void {
    const { protocol, port, at } = binding;
    if (!Number.isInteger(port) || port < 1 || port > 0xffff) {
      throw new ConfigError(
        'services',
        `'${service.name}' binds ${protocol} port ${port}, which is none from 1 to 65535`,
      );
    }
    const answers = protocol === 'udp' ? 'received' : 'connect';
    if (service[answers] === undefined) {
      throw new ConfigError('services', `'${service.name}' binds ${protocol} port ${port} and has no ${answers}()`);
    }
    const places = PLACES[at].flatMap((scope) => familiesOf(binding).map((is4) => keyOf(protocol, scope, port, is4)));
    for (const key of places) {
      const other = this.#bound.get(key);
      if (other !== undefined) {
        throw new ConfigError(
          'services',
          `'${other.name}' and '${service.name}' both answer ${protocol} port ${port} at the ${at}`,
        );
      }
      this.#bound.set(key, service);
    }
  }
}

/** Whether it is IPv4, of each. */
function familiesOf({ family }: Binding): readonly boolean[] {
  return family === undefined ? [true, false] : [family === 4];
}

/** A small integer: a Map finds those without making a string. */
function keyOf(protocol: Binding['protocol'], scope: Scope, port: number, is4: boolean): number {
  return (scope << 18) | (is4 ? 0x2_0000 : 0) | (protocol === 'tcp' ? 0x1_0000 : 0) | port;
}
