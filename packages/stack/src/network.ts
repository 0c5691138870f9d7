// The virtual network's own addresses.
import type { Endpoint } from './endpoint.ts';

/** IPv4 addresses are int32. */
export interface Network {
  readonly address4: number;
  readonly mask4: number;
  readonly prefix4: number;
  readonly broadcast4: number;
  /** The gateway: the guest's name for the host. */
  readonly gateway4: number;
  readonly nameserver4: number;
  /** Whether IPv4 is spoken. Its addresses are there all the same: MAC addresses are made of them. */
  readonly speaks4: boolean;
  /** Null: IPv6 is not spoken. */
  readonly v6: Network6 | null;
  /** Largest IP packet toward the guest, bytes. */
  readonly mtu: number;
}

/** Its IPv6 side. Ports of the addresses mean nothing. */
export interface Network6 {
  readonly prefix: Endpoint;
  /** Length of the prefix. */
  readonly bits: number;
  readonly gateway: Endpoint;
  readonly nameserver: Endpoint;
  /** The same two as neighbours: fe80:: and the last 64 bits of their addresses. */
  readonly linkGateway: Endpoint;
  readonly linkNameserver: Endpoint;
}

/** Whether an IPv4 address lies inside the virtual network. */
export function inside(n: Network, ip: number): boolean {
  return (ip & n.mask4) === n.address4;
}

/** Whether an address lies inside a prefix of `bits`; those of IPv4 count 96 more, being mapped. */
export function within(prefix: Endpoint, bits: number, e: Endpoint): boolean {
  return (
    ((e.w0 ^ prefix.w0) & maskOf(bits)) === 0 &&
    ((e.w1 ^ prefix.w1) & maskOf(bits - 32)) === 0 &&
    ((e.w2 ^ prefix.w2) & maskOf(bits - 64)) === 0 &&
    ((e.w3 ^ prefix.w3) & maskOf(bits - 96)) === 0
  );
}

/** The mask of one word, of which the prefix has `bits`, or none, or all. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}
