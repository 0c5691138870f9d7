// Where a flow of the guest leads: the address rules, asked once when the flow is born.
import type { Endpoint } from './endpoint.ts';

export const Verdict = {
  /** To the host endpoint that was filled in. */
  HOST: 0,
  /** Nobody is there, as a host would say it: RST, or port unreachable. */
  REFUSE: 1,
  /** No way there, as a router would say it: network unreachable. */
  UNREACHABLE: 2,
  /** To a service inside the network. */
  SERVICE: 3,
  /** Not for us: another guest's, or noise. Silently dropped, and counted. */
  IGNORE: 4,
  /** Against the rules of this network, as a firewall would say it: administratively prohibited. */
  PROHIBIT: 5,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export interface Routes {
  /** The host endpoint for the guest's TCP connection to `remote`; fills `to` when the verdict is HOST. */
  tcp(remote: Endpoint, to: Endpoint): Verdict;
  /** The host endpoint for the guest's datagrams to `remote`; fills `to` when the verdict is HOST. */
  udp(remote: Endpoint, to: Endpoint): Verdict;
  /** The host address for the guest's ICMP echo to `remote`; fills `to` when the verdict is HOST. */
  echo(remote: Endpoint, to: Endpoint): Verdict;
  /** The inverse, for an answer: what the guest knows the host endpoint `from` as. Changes `from` in place. */
  seenAs(from: Endpoint): void;
  /**
   * What `guest` is to know somebody as who comes through a forward: `from` itself, when the guest can answer there, else
   * the gateway, with the same port. Changes `from` in place.
   */
  visitor(from: Endpoint, guest: Endpoint): void;
}
