// The address rules, which are libslirp's: what the guest's addresses mean on the host.
//
//   remote                   TCP and UDP
//   a service's port         the service, at its own addresses; datagrams to the broadcast address too
//   gateway                  127.0.0.1 or ::1 of the host, unless hostLoopback is off: then unreachable
//   nameserver               unreachable: only the DNS service is there; without one nobody is, and nothing answers
//   inside, and not ours     unreachable: another guest would have been asked for by ARP
//   outside                  that very address, unless the policy says no: then prohibited
//   restricted               no host at all: TCP is refused, datagrams are unreachable
//   everybody (UDP)          the gateway hears it like anyone: 127.0.0.1 or ::1 of the host, unless hostLoopback is off: then nobody
//   a group (UDP)            that very group on the host's networks, unless the policy says no
//   loopback, 0/8 …          ignored. The host's own loopback is reached by the gateway's name alone.
//
// Everybody is 255.255.255.255, the network's own broadcast address, and ff02::1, ff02::2 and ff02::1:2. The host's other networks
// have broadcast addresses as well, which are outside like any other. What libslirp does is the same, but for what cannot be answered
// there: it lets datagrams to the network's own broadcast address out, and shows answers of the host's loopback as such.
//
// Back: what comes from the host's loopback comes from the gateway.
import type { Endpoint } from './endpoint.ts';
import type { Network } from './network.ts';
import type { Carried, Policy } from './policy.ts';
import { type Routes, Verdict } from './routes.ts';
import { isOwn, Scope, scope } from './scope.ts';
import type { Services } from './services.ts';
import type { Settings } from './settings.ts';

const LOOPBACK = 0x7f00_0001;
/** The last word of ::1. */
const LOOPBACK6 = 1;

export class AddressRules implements Routes {
  readonly #network: Network;
  readonly #restricted: boolean;
  readonly #hostLoopback: boolean;
  readonly #policy: Policy;
  readonly #services: Services;
  readonly #hasNameserver: boolean;

  constructor({ network, restricted, hostLoopback, policy }: Settings, services: Services) {
    this.#network = network;
    this.#restricted = restricted;
    this.#hostLoopback = hostLoopback;
    this.#policy = policy;
    this.#services = services;
    this.#hasNameserver = services.haveNameserver;
  }

  tcp(remote: Endpoint, to: Endpoint): Verdict {
    const where = scope(this.#network, remote);
    if (this.#services.find('tcp', where, remote) !== null) return Verdict.SERVICE;
    return this.#plain('tcp', where, remote, to, Verdict.REFUSE);
  }

  udp(remote: Endpoint, to: Endpoint): Verdict {
    const where = scope(this.#network, remote);
    if (this.#services.find('udp', where, remote) !== null) return Verdict.SERVICE;
    if (where === Scope.BROADCAST || where === Scope.MULTICAST) return this.#toMany(where, remote, to);
    return this.#plain('udp', where, remote, to, Verdict.UNREACHABLE);
  }

  echo(remote: Endpoint, to: Endpoint): Verdict {
    return this.#plain('icmp', scope(this.#network, remote), remote, to, Verdict.UNREACHABLE);
  }

  seenAs(from: Endpoint): void {
    if (from.isLoopback) this.#asGateway(from, from.is4);
  }

  visitor(from: Endpoint, guest: Endpoint): void {
    if (from.is4 !== guest.is4 || scope(this.#network, from) !== Scope.OUTSIDE) this.#asGateway(from, guest.is4);
  }

  #asGateway(e: Endpoint, is4: boolean): void {
    const { v6, gateway4 } = this.#network;
    if (is4 || v6 === null) e.set4(gateway4, e.port);
    else e.setAddress(v6.gateway);
  }

  #plain(protocol: Carried, where: Scope, remote: Endpoint, to: Endpoint, whenRestricted: Verdict): Verdict {
    if (where !== Scope.OUTSIDE && where !== Scope.INSIDE && !isOwn(where)) return Verdict.IGNORE;
    if (this.#restricted) return whenRestricted;
    if (where === Scope.OUTSIDE) {
      to.set(remote);
      return this.#policy.allows(protocol, to) ? Verdict.HOST : Verdict.PROHIBIT;
    }
    if (where === Scope.NAMESERVER && !this.#hasNameserver) return Verdict.IGNORE;
    if (where !== Scope.GATEWAY || !this.#hostLoopback) return Verdict.UNREACHABLE;
    return loopback(remote, to);
  }

  #toMany(where: Scope, remote: Endpoint, to: Endpoint): Verdict {
    if (this.#restricted) return Verdict.UNREACHABLE;
    if (where === Scope.BROADCAST) return this.#hostLoopback ? loopback(remote, to) : Verdict.IGNORE;
    return this.#policy.allows('udp', to.set(remote)) ? Verdict.HOST : Verdict.PROHIBIT;
  }
}

/** The same port of the host's loopback. */
function loopback({ is4, port }: Endpoint, to: Endpoint): Verdict {
  if (is4) to.set4(LOOPBACK, port);
  else to.setWords(0, 0, 0, LOOPBACK6, port);
  return Verdict.HOST;
}
