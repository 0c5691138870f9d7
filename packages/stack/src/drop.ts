/** Every way a frame can end without being carried. Adding one is part of adding the check. */
export const Drop = {
  NO: 0,
  ETHER_SHORT: 1,
  ETHER_NOT_FOR_US: 2,
  ETHER_TYPE: 3,
  ETHER_VLAN: 4,
  ETHER_SOURCE: 5,
  ARP_MALFORMED: 6,
  ARP_CONFLICT: 7,
  IP4_MALFORMED: 8,
  IP4_CHECKSUM: 9,
  IP4_SOURCE: 10,
  IP4_DESTINATION: 11,
  IP4_PROTOCOL: 12,
  IP4_HOPS: 13,
  FRAGMENT_OVERLAP: 14,
  FRAGMENT_MALFORMED: 15,
  FRAGMENT_EVICTED: 16,
  FRAGMENT_EXPIRED: 17,
  ICMP_MALFORMED: 18,
  ICMP_UNANSWERED: 19,
  UDP_MALFORMED: 20,
  UDP_CHECKSUM: 21,
  UDP_EXHAUSTED: 22,
  TCP_MALFORMED: 23,
  TCP_CHECKSUM: 24,
  TCP_NO_FLOW: 25,
  TCP_UNACCEPTABLE: 26,
  TCP_OUT_OF_WINDOW: 27,
  TCP_EXHAUSTED: 28,
  POLICY: 29,
  LINK_FULL: 30,
  NEIGHBOUR_UNRESOLVED: 31,
  CLOSED: 32,
  IP6_MALFORMED: 33,
  IP6_SOURCE: 34,
  IP6_DESTINATION: 35,
  IP6_PROTOCOL: 36,
  IP6_HOPS: 37,
  NDP_MALFORMED: 38,
  NDP_CONFLICT: 39,
  ICMP_UNBELIEVABLE: 40,
  /** Everybody was told, or a group, and nobody here is for it. */
  GROUP_UNHEARD: 41,
  /** IGMP and MLD: a guest that joins a group. Nothing comes in that was sent to one. */
  GROUP_MEMBERSHIP: 42,
  /** A datagram of somebody whom the guest's port has not sent to. */
  UDP_FILTERED: 43,
} as const;
export type Drop = (typeof Drop)[keyof typeof Drop];

const NAMES: readonly string[] = Object.keys(Drop);

/** As it is spelled above. */
export function dropName(why: Drop): string {
  return NAMES[why]!;
}

export class DropCounters {
  readonly #n: Float64Array = new Float64Array(Object.keys(Drop).length);

  /** `return drops.count(Drop.X)` is the only way out of a failed check. */
  count(why: Drop): Drop {
    this.#n[why]!++;
    return why;
  }

  /** For people and tests: only what happened. */
  snapshot(): Record<string, number> {
    const happened = Object.entries(Drop).map(([name, why]) => [name, this.#n[why]!] as const);
    return Object.fromEntries(happened.filter(([, n]) => n > 0));
  }
}
