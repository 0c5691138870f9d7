// Where an IPv4 address belongs, seen from the virtual network. Policy (routes) and validity (IP input) both build on it.
import { inside, type Network } from './network.ts';

export const Scope = {
  /** Beyond the gateway. */
  OUTSIDE: 0,
  /** Our own addresses. */
  GATEWAY: 1,
  NAMESERVER: 2,
  /** Of the network, and not ours: a guest, or nobody. */
  INSIDE: 3,
  /** 255.255.255.255, or all hosts of the network. */
  BROADCAST: 4,
  MULTICAST: 5,
  /**
   * Never on a cable, as source or destination: this network (0/8), loopback (127/8), reserved (240/4), and the address
   * of the network itself. RFC 1122 3.2.1.3, RFC 1812 5.3.7.
   */
  MARTIAN: 6,
} as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

const EVERYONE = 0xffffffff | 0;
const THIS_NETWORK = 0;
const LOOPBACK = 127;
const FIRST_MULTICAST = 224;
const FIRST_RESERVED = 240;

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

/** An address that the network itself answers for. */
export function isOwn(scope: Scope): boolean {
  return scope === Scope.GATEWAY || scope === Scope.NAMESERVER;
}
