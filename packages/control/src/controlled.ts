// What the API offers, as whoever has networks at hand has to give it. Nothing here knows a network, and nobody who has one needs
// this package to be so: the shapes are enough.

/** It was not done, and why: nothing of that name is there; not now, as things are; not ever, as it was asked for; it broke. */
export interface Refused {
  readonly refused: 'unknown' | 'conflict' | 'invalid' | 'failed';
  /** A sentence, for people. */
  readonly why: string;
}

export interface Paging {
  /** `next` of the page before; null: the first page. */
  readonly after: string | null;
  /** Of the page. */
  readonly limit: number;
}

/** What is there all the while is on one of the pages, once. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Null: there are no more. */
  readonly next: string | null;
}

/** One virtual network. Each guest has its own, or all are in one. */
export interface NetworkInfo {
  readonly id: number;
  /** CIDR; null where IPv4 is not spoken, and where IPv6 is not. */
  readonly network4: string | null;
  readonly network6: string | null;
  readonly gateway: string;
  readonly nameserver: string;
  /** Now. */
  readonly guests: number;
  readonly forwards: number;
  /** ISO 8601. */
  readonly since: string;
}

export interface GuestInfo {
  readonly id: number;
  readonly network: number;
  /** Its cable: where it comes from. */
  readonly name: string;
  readonly since: string;
  readonly macs: readonly string[];
  /** Heard of; `idle`: milliseconds since then. */
  readonly addresses: readonly { readonly address: string; readonly mac: string; readonly idle: number }[];
  /** Frames and bytes that it sent (In) and got (Out), and what was dropped on its cable. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Who has asked for it: the command line, or a client. */
export type Asker = 'option' | 'api';

export interface HostForwardInfo {
  readonly kind: 'hostfwd';
  readonly id: number;
  readonly network: number;
  readonly by: Asker;
  readonly protocol: 'tcp' | 'udp';
  /** With the port that was found. */
  readonly host: Place | { readonly path: string };
  readonly guest: Place;
}

export interface GuestForwardInfo {
  readonly kind: 'guestfwd';
  readonly id: number;
  readonly network: number;
  readonly by: Asker;
  readonly at: Place;
  readonly to: Place | { readonly path: string } | { readonly command: string };
}

export type ForwardInfo = HostForwardInfo | GuestForwardInfo;

export type ForwardOrder =
  | {
      readonly kind: 'hostfwd';
      readonly protocol: 'tcp' | 'udp';
      /** Port 0: one of the system's choice. */
      readonly host: Place | { readonly path: string };
      /** Null: the first guest. */
      readonly guest: { readonly address: string | null; readonly port: number };
    }
  | {
      readonly kind: 'guestfwd';
      /** Null: the address that is for that. */
      readonly at: { readonly address: string | null; readonly port: number };
      readonly to: Place | { readonly path: string };
    };

export interface LeaseInfo {
  readonly network: number;
  readonly family: 4 | 6;
  readonly address: string;
  /** Of DHCPv6 there is none. */
  readonly mac: string | null;
  /** Identifier in hexadecimal: of DHCP option 61, or what stands for it; of DHCPv6 DUID/IAID. Empty once declined. */
  readonly client: string;
  readonly name: string | null;
  readonly state: 'offered' | 'bound' | 'released' | 'declined' | 'expired';
  /** ISO 8601; null: never. */
  readonly expires: string | null;
}

export interface NameInfo {
  readonly network: number;
  readonly name: string;
  readonly addresses: readonly string[];
  /** 'network': it is always there, and stays. */
  readonly by: Asker | 'network';
}

export interface FlowInfo {
  readonly id: string;
  readonly network: number;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly guest: string;
  readonly remote: string | null;
  readonly state: string;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Milliseconds since it began, and since anything came. */
  readonly age: number;
  readonly idle: number;
}

export interface FlowFilter {
  readonly network: number | null;
  readonly protocol: FlowInfo['protocol'] | null;
  /** An address of a guest. */
  readonly guest: string | null;
}

/** Of the parts that count, by name. */
export type CountersByPart = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Totals {
  /** Since the beginning; what networks have counted that are over is in them. */
  readonly counters: CountersByPart;
  /** Now. */
  readonly gauges: CountersByPart;
}

/** `network` null: of all of them; for what is made, the one that there is. */
export interface Controlled {
  readonly counts: { readonly networks: number; readonly guests: number; readonly forwards: number };
  networks(paging: Paging): Promise<Page<NetworkInfo>>;
  guests(network: number | null, paging: Paging): Promise<Page<GuestInfo>>;
  forwards(network: number | null, paging: Paging): Promise<Page<ForwardInfo>>;
  /** All of them, or none. */
  forward(network: number | null, orders: readonly ForwardOrder[]): Promise<readonly ForwardInfo[] | Refused>;
  unforward(id: number): Promise<null | Refused>;
  leases(network: number | null, paging: Paging): Promise<Page<LeaseInfo>>;
  names(network: number | null, paging: Paging): Promise<Page<NameInfo>>;
  setName(network: number | null, name: string, addresses: readonly string[]): Promise<null | Refused>;
  removeName(network: number | null, name: string): Promise<null | Refused>;
  /** Forgets what resolvers have answered. */
  forgetAnswers(network: number | null): Promise<{ readonly forgotten: number } | Refused>;
  flows(filter: FlowFilter, paging: Paging): Promise<Page<FlowInfo>>;
  endFlow(id: string): Promise<null | Refused>;
  totals(network: number | null): Promise<Totals>;
}

export function isRefused<T extends object>(answer: T | Refused | null): answer is Refused {
  return answer !== null && 'refused' in answer;
}
