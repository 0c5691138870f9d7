// The address rules, which are libslirp's: what the guest's addresses mean on the host.
//
//   remote                   TCP and UDP
//   a service's port         the service, at its own addresses; datagrams to the broadcast address too
//   gateway                  127.0.0.1 of the host, unless hostLoopback is off: then unreachable
//   nameserver               unreachable: only the DNS service is there; without one nobody is, and nothing answers
//   inside, and not ours     unreachable: another guest would have been asked for by ARP
//   outside                  that very address
//   restricted               no host at all: TCP is refused, datagrams are unreachable
//   group, loopback, 0/8 …   ignored. The host's own loopback is reached by the gateway's name alone.
//
// Back: what comes from the host's loopback comes from the gateway.
import type { Endpoint } from './endpoint.ts';
import type { Network } from './network.ts';
import { type Routes, Verdict } from './routes.ts';
import { isOwn, Scope, scope4 } from './scope.ts';
import type { Services } from './services.ts';
import type { Settings } from './settings.ts';

const LOOPBACK = 0x7f00_0001;
const LOOPBACK_NET = 127;

export class AddressRules implements Routes {
  readonly #network: Network;
  readonly #restricted: boolean;
  readonly #hostLoopback: boolean;
  readonly #services: Services;
  readonly #hasNameserver: boolean;

  constructor({ network, restricted, hostLoopback }: Settings, services: Services) {
    this.#network = network;
    this.#restricted = restricted;
    this.#hostLoopback = hostLoopback;
    this.#services = services;
    this.#hasNameserver = services.haveNameserver;
  }

  tcp(remote: Endpoint, attempt: number, to: Endpoint): Verdict {
    const scope = this.#scope(remote);
    const service = this.#services.find('tcp', scope, remote.port);
    if (service !== null) return service.dial!(remote.port, attempt, to) ? Verdict.HOST : Verdict.REFUSE;
    return attempt > 0 ? Verdict.REFUSE : this.#plain(scope, remote, to, Verdict.REFUSE);
  }

  udp(remote: Endpoint, to: Endpoint): Verdict {
    const scope = this.#scope(remote);
    if (this.#services.find('udp', scope, remote.port) !== null) return Verdict.SERVICE;
    return this.#plain(scope, remote, to, Verdict.UNREACHABLE);
  }

  echo(remote: Endpoint, to: Endpoint): Verdict {
    return this.#plain(this.#scope(remote), remote, to, Verdict.UNREACHABLE);
  }

  seenAs(from: Endpoint): void {
    if (from.is4 && from.ip4 >>> 24 === LOOPBACK_NET) from.set4(this.#network.gateway4, from.port);
  }

  visitor(from: Endpoint): void {
    if (this.#scope(from) !== Scope.OUTSIDE) from.set4(this.#network.gateway4, from.port);
  }

  #plain(scope: Scope, remote: Endpoint, to: Endpoint, whenRestricted: Verdict): Verdict {
    if (scope !== Scope.OUTSIDE && scope !== Scope.INSIDE && !isOwn(scope)) return Verdict.IGNORE;
    if (this.#restricted) return whenRestricted;
    if (scope === Scope.OUTSIDE) to.set(remote);
    else if (scope === Scope.NAMESERVER && !this.#hasNameserver) return Verdict.IGNORE;
    else if (scope === Scope.GATEWAY && this.#hostLoopback) to.set4(LOOPBACK, remote.port);
    else return Verdict.UNREACHABLE;
    return Verdict.HOST;
  }

  /** There is no IPv6 yet: nowhere to go. */
  #scope(remote: Endpoint): Scope {
    return remote.is4 ? scope4(this.#network, remote.ip4) : Scope.MARTIAN;
  }
}
