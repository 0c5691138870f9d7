// What a protocol module implements to live inside the virtual network: a DHCP server, a DNS forwarder, a TFTP server.
// It is registered in one place (Environment.services) and needs no change in the stack.
import type { Endpoint } from './endpoint.ts';
import type { Host, TcpEvents, TcpSocket } from './host.ts';
import type { Network } from './network.ts';

/** One port that a service answers. */
export interface Binding {
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  /** On which of the network's own addresses; 'anywhere' is all of them, and what everybody hears. */
  readonly at: 'gateway' | 'nameserver' | 'anywhere';
  /** For one that is of one IP version only: both. */
  readonly family?: 4 | 6;
}

export interface Service {
  /** For logs. */
  readonly name: string;
  readonly bindings: readonly Binding[];
  /** Types of Ethernet frames that are its own, beside IP and ARP. */
  readonly etherTypes?: readonly number[];
  /** It carries the guest's traffic to the outside: it is not asked in a restricted network. */
  readonly egress: boolean;
  /** Called once, before anything else. */
  start(net: ServiceNet): void;
  /** A datagram for one of the bindings. Everything is lent for the duration of the call. */
  received?(q: Query, now: number): void;
  /** A whole frame of one of `etherTypes`, to a group or to the network's MAC. From anybody: look before you believe it. */
  frame?(b: Uint8Array, at: number, end: number, now: number): void;
  /**
   * A TCP connection of the guest `from` to one of the bindings: its other end, as Host.connect() makes one. That may be a
   * socket of the host, or one that the service plays itself; its `events` are then raised in flush(). Null: refused.
   * Both endpoints are lent.
   */
  connect?(from: Endpoint, to: Endpoint, events: TcpEvents, now: number): TcpSocket | null;
  /** The end of a turn, before TCP speaks: the time for events of sockets that the service plays itself. */
  flush?(now: number): void;
  /** Does what is due at `now`. Spurious calls are harmless. */
  poll?(now: number): void;
  /** When poll() must be called at the latest; Infinity when nothing waits. */
  deadline?(): number;
  /** Lets go of its host sockets. */
  close?(): void;
}

/** One datagram from the guest: payload [at, end) of `b`, and who sent it. One object, reused. */
export interface Query {
  b: Uint8Array;
  at: number;
  end: number;
  /** Six bytes: the source of the Ethernet frame. */
  readonly mac: Uint8Array;
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** A port that a service has for a while. */
export interface ServicePort {
  readonly port: number;
  /** Spurious calls are harmless. */
  close(): void;
}

/** What a service may do. */
export interface ServiceNet {
  readonly network: Network;
  /** [0, 1) */
  readonly random: () => number;
  /** Sockets of its own, for services with `egress`. */
  readonly host: Pick<Host, 'connect' | 'udp'>;
  /**
   * Sends one datagram to a guest, fragmented where the MTU asks for it.
   * `mac`: where to, for guests that have no address yet; null asks the neighbour table, and ARP.
   */
  send(from: Endpoint, to: Endpoint, mac: Uint8Array | null, b: Uint8Array, at: number, end: number, now: number): void;
  /**
   * A UDP port of `own`, one of our addresses, for a conversation with the guest at `peer`: what comes from that address, from any
   * port, is given to `received`, lent as in Service.received(). Nobody has it until close(). Null: there are too many.
   */
  openPort(own: Endpoint, peer: Endpoint, received: (q: Query, now: number) => void): ServicePort | null;
  /** Sends a whole frame, from its Ethernet header on. */
  sendFrame(b: Uint8Array, at: number, end: number): void;
  /** This guest address is at this MAC: a lease was made. */
  neighbour(address: Endpoint, mac: Uint8Array, now: number): void;
  /** Asks the cable who is at this IPv4 address. isUsedByOther() knows later, if anybody answers. */
  probe(address: Endpoint): void;
  /** Whether a station other than `mac` was heard at this address after `since`. */
  isUsedByOther(address: Endpoint, mac: Uint8Array, since: number): boolean;
}
