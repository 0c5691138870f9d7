// The virtual network's own addresses.

/** IPv4 addresses are int32. */
export interface Network {
  readonly address4: number;
  readonly mask4: number;
  readonly prefix4: number;
  readonly broadcast4: number;
  /** The gateway: the guest's name for the host. */
  readonly gateway4: number;
  readonly nameserver4: number;
  /** Largest IP packet toward the guest, bytes. */
  readonly mtu: number;
}

/** Whether an IPv4 address lies inside the virtual network. */
export function inside(n: Network, ip: number): boolean {
  return (ip & n.mask4) === n.address4;
}
