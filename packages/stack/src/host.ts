// The stack's view of the host: sockets of an unprivileged process, as readiness and not as streams.
//
// Every call returns at once; answers come as events, never from within a call of the stack, and none after abort(),
// close() or a final event (refused, failed). Bytes are lent for the duration of the call in both directions.
// `now` is the driver's clock in milliseconds, the same that Stack.poll() sees.
import type { Endpoint } from './endpoint.ts';

/** Why the host could not, or can no longer. The stack turns it into a RST or an ICMP error. */
export const Refusal = {
  REFUSED: 0,
  HOST_UNREACHABLE: 1,
  NETWORK_UNREACHABLE: 2,
  TIMED_OUT: 3,
  /** By the host's own rules: EACCES, EPERM. */
  DENIED: 4,
  RESET: 5,
  /** Out of descriptors, ports or memory. */
  EXHAUSTED: 6,
} as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

/** Why a local endpoint cannot be had. */
export const BindFault = {
  /** Somebody else has it. */
  IN_USE: 0,
  /** By the host's own rules: EACCES, EPERM. */
  DENIED: 1,
  /** It is no address of the host's, or no path that it has. */
  NOT_LOCAL: 2,
  /** Out of descriptors, ports or memory. */
  EXHAUSTED: 3,
} as const;
export type BindFault = (typeof BindFault)[keyof typeof BindFault];

/** read() found the end of the stream: the peer will send nothing more. */
export const END = -1;

export interface Host {
  /**
   * Starts to connect, by TCP or to a unix socket; opened() or refused() follows, whenever the system knows: who has less patience
   * aborts. `events` belongs to this socket alone.
   * `tos`: as for UdpSocket. `parties`: whose connection it is, for those who stand between the stack and its host.
   */
  connect(to: Endpoint | UnixPath, events: TcpEvents, tos?: number, parties?: Parties): TcpSocket;
  /** An unconnected UDP socket on a port of the host's choice; null when there is none to be had. `family` 4 or 6. */
  udp(family: 4 | 6, events: UdpEvents): UdpSocket | null;
  /** ICMP echo; null when this process may not, or has too many. A host that never may has none of it. `family` 4 or 6. */
  echo?(family: 4 | 6, events: EchoEvents): EchoSocket | null;
  /**
   * Waits for TCP connections to `at`, port 0 for one of the host's choice, or for those to a unix socket that it makes there;
   * bound() or unbound() follows.
   */
  accept(at: Endpoint | UnixPath, events: AcceptEvents): Acceptor;
  /** A UDP socket at `at`, port 0 for one of the host's choice; bound() or unbound() follows. */
  udpAt(at: Endpoint, events: BoundUdpEvents): UdpSocket;
}

/** The two ends of a connection, under the names that the guest knows. They stay what they are while it lives. */
export interface Parties {
  readonly guest: Endpoint;
  readonly remote: Endpoint;
}

/** A stream socket with a name in the host's file system: unix(7). What is there already, if only a stale socket, is in use. */
export interface UnixPath {
  readonly path: string;
}

export interface Acceptor {
  /** Connections that were taken live on; the path of a unix socket goes. */
  close(): void;
}

export interface BindEvents {
  /** It works. `at`, which is lent: with the port that it got; 0.0.0.0:0 for a path. */
  bound(at: Endpoint, now: number): void;
  /** It does not. Final. */
  unbound(why: BindFault, now: number): void;
}

export interface AcceptEvents extends BindEvents {
  /** A connection. Whoever does not take it during the call has refused it. */
  accepted(client: Client, now: number): void;
}

export type BoundUdpEvents = BindEvents & UdpEvents;

/** A connection that somebody made to an Acceptor. One that came by a path cannot be reset: its peer reads an end instead. */
export interface Client {
  /** Lent; 0.0.0.0:0 for one that came by a path. */
  readonly from: Endpoint;
  /** Once: the connection, open as after opened(), whose events follow. `parties`: as for Host.connect(). */
  take(events: TcpEvents, parties?: Parties): TcpSocket;
}

export interface TcpSocket {
  /**
   * Moves what has arrived to [at, end) of `into`. Returns the number of bytes; 0 when there is nothing now, and
   * readable() will follow; END once after the last byte. A return of fewer bytes than asked does not mean 0 next time.
   */
  read(into: Uint8Array, at: number, end: number): number;
  /**
   * The last byte that read() has given is urgent (RFC 6093): a read ends behind it. A host that cannot say so has none of it, and
   * gives all in line.
   */
  readonly urgent?: boolean;
  /** Returns how many bytes of [at, end) the host took; when not all of them, writable() will follow. */
  write(b: Uint8Array, at: number, end: number): number;
  /** As write(), the last byte being urgent (RFC 6093). A host that cannot say so has none of it, and gets all in line. */
  writeUrgent?(b: Uint8Array, at: number, end: number): number;
  /** Fills `into` with the name of this end; false when it has none (yet): a unix socket, or one that is over. */
  local?(into: Endpoint): boolean;
  /** No more writes: a FIN follows what was written. */
  finish(): void;
  /** Resets the connection, or gives up connecting. */
  abort(): void;
  /** Both directions have finished: what was written still leaves, then the socket goes. */
  close(): void;
}

export interface TcpEvents {
  opened(now: number): void;
  /** The connection was never made. Final. */
  refused(why: Refusal, now: number): void;
  /** read() has something, END included. */
  readable(now: number): void;
  /** write() takes bytes again. */
  writable(now: number): void;
  /** The connection is lost. Final. */
  failed(why: Refusal, now: number): void;
}

export interface UdpSocket {
  /**
   * `to` may be a group, or the broadcast address of a network. `hops`, `tos`: the IP TTL and type of service to leave with; a host
   * that cannot set the latter leaves it out. A datagram that the host has no room for is lost, as on any network.
   */
  send(to: Endpoint, hops: number, b: Uint8Array, at: number, end: number, tos?: number): void;
  close(): void;
}

/** What the network said about a packet: an ICMP error, RFC 792, or one of ICMPv6, RFC 4443. Lent. */
export interface Report {
  /** Who said it. */
  readonly by: Endpoint;
  readonly type: number;
  readonly code: number;
  /** MTU of the next hop, where it was that which was too small; else 0. */
  readonly mtu: number;
}

/** ICMP echo to the outside: one identifier of the host's, and any number of targets. */
export interface EchoSocket {
  /** A request with the data [at, end) of `b`. */
  send(to: Endpoint, sequence: number, hops: number, tos: number, b: Uint8Array, at: number, end: number): void;
  close(): void;
}

export interface EchoEvents {
  /** The data of a reply. All of it is lent. */
  replied(from: Endpoint, sequence: number, b: Uint8Array, at: number, end: number, now: number): void;
  /** A request did not arrive. `report` null: this machine says so. */
  undeliverable(to: Endpoint, sequence: number, why: Refusal, report: Report | null, now: number): void;
}

export interface UdpEvents {
  /** `from` is lent as well. */
  received(from: Endpoint, b: Uint8Array, at: number, end: number, now: number): void;
  /** A datagram to `to` did not arrive, where the host can tell. `report` null: nobody but this machine said so. */
  undeliverable(to: Endpoint, why: Refusal, report: Report | null, now: number): void;
}
