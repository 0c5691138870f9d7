// Where an address belongs, seen from the virtual network. Policy (routes) and validity (IP input) both build on it.
import type { Endpoint } from './endpoint.ts';
import { inside, type Network, type Network6, within } from './network.ts';

export const Scope = {
  /** Beyond the gateway. */
  OUTSIDE: 0,
  /** Our own addresses. */
  GATEWAY: 1,
  NAMESERVER: 2,
  /** Of the network, and not ours: a guest, or nobody. */
  INSIDE: 3,
  /** Everybody here: 255.255.255.255 and all hosts of the network; ff02::1, ff02::2 and the group of DHCPv6 servers. */
  BROADCAST: 4,
  MULTICAST: 5,
  /**
   * Never on a cable, as source or destination: this network (0/8), loopback (127/8, ::1), reserved (240/4), the address
   * of the network itself, ::, and groups of no more than one interface. RFC 1122 3.2.1.3, RFC 1812 5.3.7, RFC 4291 2.5 and 2.7.
   */
  MARTIAN: 6,
} as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

const EVERYONE = 0xffffffff | 0;
const THIS_NETWORK = 0;
const LOOPBACK = 127;
const FIRST_MULTICAST = 224;
const FIRST_RESERVED = 240;

/** The first words of ff02:: and fe80::, and the latter's mask. */
const LINK_GROUP = 0xff02_0000 | 0;
const LINK_LOCAL = 0xfe80_0000 | 0;
const LINK_LOCAL_MASK = 0xffc0_0000 | 0;
/** RFC 4291 2.7 */
const INTERFACE_SCOPE = 1;
const ALL_NODES = 1;
const ALL_ROUTERS = 2;
/** ff02::1:2, RFC 8415 7.1. */
const DHCP_SERVERS = 0x0001_0002;

export function scope(n: Network, e: Endpoint): Scope {
  return e.is4 ? scope4(n, e.ip4) : scope6(n.v6, e);
}

export function scope4(n: Network, ip: number): Scope {
  if (inside(n, ip)) return scopeInside(n, ip);
  if (ip === EVERYONE) return Scope.BROADCAST;
  const top = ip >>> 24;
  if (top === THIS_NETWORK || top === LOOPBACK || top >= FIRST_RESERVED) return Scope.MARTIAN;
  return top >= FIRST_MULTICAST ? Scope.MULTICAST : Scope.OUTSIDE;
}

function scopeInside(n: Network, ip: number): Scope {
  if (ip === n.gateway4) return Scope.GATEWAY;
  if (ip === n.nameserver4) return Scope.NAMESERVER;
  if (ip === n.broadcast4) return Scope.BROADCAST;
  return ip === n.address4 ? Scope.MARTIAN : Scope.INSIDE;
}

function scope6(n: Network6 | null, e: Endpoint): Scope {
  if (n === null) return Scope.MARTIAN;
  if (e.w0 >>> 24 === 0xff) return groupScope(e) <= INTERFACE_SCOPE ? Scope.MARTIAN : groupOf(e);
  if (e.sameAddress(n.gateway) || e.sameAddress(n.linkGateway)) return Scope.GATEWAY;
  if (e.sameAddress(n.nameserver) || e.sameAddress(n.linkNameserver)) return Scope.NAMESERVER;
  if (isLinkLocal(e) || within(n.prefix, n.bits, e)) return e.sameAddress(n.prefix) ? Scope.MARTIAN : Scope.INSIDE;
  // RFC 4291 2.5: ::, ::1 and addresses that hold one of IPv4
  return e.w0 === 0 && e.w1 === 0 && e.w2 >>> 16 === 0 ? Scope.MARTIAN : Scope.OUTSIDE;
}

function groupOf(e: Endpoint): Scope {
  if (e.w0 !== LINK_GROUP || e.w1 !== 0 || e.w2 !== 0) return Scope.MULTICAST;
  return e.w3 === ALL_NODES || e.w3 === ALL_ROUTERS || e.w3 === DHCP_SERVERS ? Scope.BROADCAST : Scope.MULTICAST;
}

/** How far a group of IPv6 reaches: RFC 4291 2.7. */
export function groupScope(e: Endpoint): number {
  return (e.w0 >>> 16) & 0xf;
}

/** fe80::/10: RFC 4291 2.5.6. */
export function isLinkLocal(e: Endpoint): boolean {
  return (e.w0 & LINK_LOCAL_MASK) === LINK_LOCAL;
}

/** An address that the network itself answers for. */
export function isOwn(scope: Scope): boolean {
  return scope === Scope.GATEWAY || scope === Scope.NAMESERVER;
}

/** :: */
export function isUnspecified(e: Endpoint): boolean {
  return e.w0 === 0 && e.w1 === 0 && e.w2 === 0 && e.w3 === 0;
}
