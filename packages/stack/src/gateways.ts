// What reads along between the guest's TCP connections and the host's sockets: gateways for protocols that name addresses and
// ports in what they say (RFC 2663 2.9). The stack knows no such protocol; it gives them a place, and what they need.
import type { Endpoint } from './endpoint.ts';
import type { Client, Host, Parties } from './host.ts';

/** The part of a Host that TCP uses. */
export type TcpHost = Pick<Host, 'connect' | 'accept'>;

export interface Gateways {
  /** The host that TCP sees from now on. Called once, before anything else. */
  between(host: TcpHost, net: GatewayNet): TcpHost;
  /** Does what is due at `now`. Spurious calls are harmless. */
  poll(now: number): void;
  /** When poll() must be called at the latest; Infinity when nothing waits. */
  deadline(): number;
  /** Lets go of what it has asked the host for. */
  close(): void;
  /** Counters by name. */
  stats(): Record<string, number>;
}

/** What a gateway may do. */
export interface GatewayNet {
  /** A connection that somebody made to one of its Acceptors becomes one to `guest`. False when it was not taken. */
  incoming(client: Client, guest: Endpoint, now: number): boolean;
  /** Fills `into` with the host's name for its end of the guest's connection; false when there is no such. */
  hostEnd(connection: Parties, into: Endpoint): boolean;
  /** Fills `into` with the guest of the connection to `remote` that the host has at `hostEnd`'s port; false when there is none. */
  guestBehind(hostEnd: Endpoint, remote: Endpoint, into: Endpoint): boolean;
}
