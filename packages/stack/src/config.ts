/** What a network is. Every field but `network` has the default named beside it. */
export interface Config {
  /** The virtual network in CIDR form: '10.0.2.0/24'. The prefix has 8 to 29 bits. */
  readonly network: string;
  /** The guest's name for the host: the network's address + 2. */
  readonly gateway?: string;
  /** DNS alias: the network's address + 3. */
  readonly nameserver?: string;
  /** IPv4 is spoken: true. Where it is not, `network` still names the MAC addresses. */
  readonly ipv4?: boolean;
  /** The virtual IPv6 network in CIDR form, 'fd00::/64'; without it there is no IPv6. 8 to 120 bits; only 64 let guests make
   * their addresses (RFC 4862). Needs an MTU of 1280. */
  readonly network6?: string;
  /** As `gateway`: the prefix + 2. */
  readonly gateway6?: string;
  /** As `nameserver`: the prefix + 3. */
  readonly nameserver6?: string;
  /** What router advertisements say beside the prefix. */
  readonly advertise?: Advertise;
  /** Largest IP packet toward the guest, bytes, 68 to 65521: what the link carries. */
  readonly mtu?: number;
  /** Largest IP packet the guest may send; the MSS we announce follows it: `mtu`. */
  readonly mru?: number;
  /** Nothing of the guest leaves the virtual network: false. */
  readonly restricted?: boolean;
  /** The gateway address reaches the host's loopback: true. */
  readonly hostLoopback?: boolean;
  /** Who is heard at a guest's UDP port: 'endpoint-independent'. */
  readonly udpFiltering?: UdpFiltering;
  /** Where guests may go: the first rule that fits decides; without one they may. */
  readonly rules?: readonly Rule[];
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
}

/**
 * RFC 4787 5: everybody; the addresses that it has sent to lately, 64 of them; their ports as well. Its port is one of the host's,
 * whoever it talks to; but where it is 'symmetric' (RFC 3489 5) it has another one for each remote, and only that one is heard.
 */
export const UDP_FILTERINGS = [
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
  'symmetric',
] as const;
export type UdpFiltering = (typeof UDP_FILTERINGS)[number];

/** One line of the policy, about destinations outside the virtual network. */
export interface Rule {
  readonly action: 'allow' | 'deny';
  /** All of them. */
  readonly protocol?: 'tcp' | 'udp' | 'icmp';
  /** A network ('192.0.2.0/24', 'fd00::/8'), an address, 'private' (with all groups), 'link-local', 'multicast' or 'any'. */
  readonly to: string;
  /** First and last port: all. */
  readonly ports?: readonly [number, number];
}

/** RFC 4861 6.2.1. */
export interface Advertise {
  /** Domains that guests search (RFC 8106): none. */
  readonly searchList?: readonly string[];
  /** Nameservers that guests use (RFC 8106): `nameserver6`, while a DNS service is there. */
  readonly nameserver?: boolean;
  /** Addresses come from DHCPv6, and so does the rest: false. */
  readonly managed?: boolean;
  readonly other?: boolean;
}

/** Caps of every table. Beyond them the longest idle entry goes, and is counted. */
export interface Limits {
  /** TCP flows: 16,384. */
  readonly tcpFlows: number;
  /** UDP mappings, one per guest endpoint, of symmetric ones one per remote as well: 4,096. */
  readonly udpFlows: number;
  /** Neighbours (IP to MAC): 1,024. */
  readonly neighbours: number;
  /** Unfinished IP datagrams, of both versions: 64. */
  readonly reassemblies: number;
  /** Bytes held by them: 1 MiB. */
  readonly reassemblyBytes: number;
  /** Largest send or receive buffer of one TCP flow, bytes, a power of two: 8 MiB. */
  readonly tcpBuffer: number;
  /** What the buffers of all TCP flows together may hold beyond 64 KiB each, bytes: 256 MiB. */
  readonly tcpMemory: number;
}

/** How long silence lasts before something ends. Milliseconds. */
export interface Timeouts {
  /**
   * The host connects, and nobody answers there: then the guest is told that the remote is unreachable. The host's system may have
   * less patience, Linux some two minutes: 75 s, as libslirp (TCPTV_KEEP_INIT).
   */
  readonly tcpConnect: number;
  /**
   * A TCP flow without a segment of the guest's for this long: the guest is asked whether it is still there (RFC 9293 3.8.4).
   * 2 h, the least that RFC 1122 4.2.3.6 has as a default, and on, for RFC 5382 REQ-5 lets no flow go before 2 h 4 min;
   * 0 asks never.
   */
  readonly tcpKeepalive: number;
  /** Between two such questions: `tcpKeepalive`, and 75 s at most. */
  readonly tcpKeepaliveInterval: number;
  /** How many of them stay without an answer before the flow ends: 9. */
  readonly tcpKeepaliveProbes: number;
  /** The guest's TCP window is closed, and it does not even answer probes (RFC 9293 3.8.6.1): 300 s. */
  readonly tcpSilence: number;
  /** The guest has acknowledged the end, and neither sends nor closes (FIN-WAIT-2): 600 s. */
  readonly tcpFinWait2: number;
  /** TIME-WAIT, 2 MSL (RFC 9293 3.4.1) of a cable on which nothing lives for more than 5 s: 10 s. */
  readonly tcpTimeWait: number;
  /** A UDP mapping without a datagram, as libslirp has it; RFC 4787 REQ-5 asks for 2 min at least: 240 s. */
  readonly udp: number;
  /** One that has meant only DNS: over when it is answered, as RFC 4787 REQ-5 (a) allows: 10 s. */
  readonly udpDns: number;
  /** An identifier of ICMP echo without a request (RFC 5508 REQ-2): 60 s. */
  readonly echo: number;
}

/** A configuration that cannot be: thrown by createStack() before the first packet. */
export class ConfigError extends Error {
  /** The field, such as 'gateway' or 'limits.tcpFlows'. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.name = 'ConfigError';
    this.field = field;
  }
}
