/** Every way a frame can end without being carried. Adding one is part of adding the check. */
export const Drop = {
  NO: 0,
  ETHER_SHORT: 1,
  ETHER_NOT_FOR_US: 2,
  ETHER_TYPE: 3,
  ETHER_VLAN: 4,
  ARP_MALFORMED: 5,
  IP4_MALFORMED: 6,
  IP4_CHECKSUM: 7,
  IP4_SOURCE: 8,
  IP4_DESTINATION: 9,
  IP4_PROTOCOL: 10,
  IP4_HOPS: 11,
  FRAGMENT_OVERLAP: 12,
  FRAGMENT_MALFORMED: 13,
  FRAGMENT_EVICTED: 14,
  FRAGMENT_EXPIRED: 15,
  ICMP_MALFORMED: 16,
  ICMP_UNANSWERED: 17,
  UDP_MALFORMED: 18,
  UDP_CHECKSUM: 19,
  UDP_EXHAUSTED: 20,
  TCP_MALFORMED: 21,
  TCP_CHECKSUM: 22,
  TCP_NO_FLOW: 23,
  TCP_UNACCEPTABLE: 24,
  TCP_OUT_OF_WINDOW: 25,
  TCP_EXHAUSTED: 26,
  POLICY: 27,
  LINK_FULL: 28,
  NEIGHBOUR_UNRESOLVED: 29,
  CLOSED: 30,
} as const;
export type Drop = (typeof Drop)[keyof typeof Drop];

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
