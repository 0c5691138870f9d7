import type { Link } from '@reslirp/link';
import type { NeighbourInfo } from './arp/neighbours.ts';
import type { Drop } from './drop.ts';
import type { FlowInfo } from './flow-info.ts';
import type { FlowPage, FlowQuery } from './flow-tables.ts';
import type { Forward, ForwardEvents, ForwardSpec } from './forward.ts';
import type { Gateways } from './gateways.ts';
import type { Host } from './host.ts';
import type { Service } from './service.ts';
import type { GuestForwardSpec } from './tcp/guest-forwards.ts';

/**
 * The whole machine, as its driver sees it: bytes and time in, bytes and a deadline out. Milliseconds throughout.
 *
 * One turn of the driver: any number of input(), poll() and host events, then flush() once, then sleep until deadline().
 * Everything of one turn may share one `now`.
 */
export interface Stack {
  /** One frame from the guest, lent for the duration of the call; see FrameHandler for `trusted`. */
  input(b: Uint8Array, at: number, end: number, trusted: boolean, now: number): Drop;
  /** Does what is due at `now`. Spurious calls are harmless. */
  poll(now: number): void;
  /** When poll() must be called at the latest; Infinity when nothing waits. */
  deadline(): number;
  /** The turn is over: segments and ACKs that waited to go together are written, and the link is flushed. */
  flush(now: number): void;
  /**
   * Makes a port of the host lead to one of a guest: `events` tells whether the host has it. Throws a ConfigError for a guest
   * that cannot be one, and beyond 4,096 forwards.
   */
  forward(spec: ForwardSpec, events: ForwardEvents): Forward;
  /**
   * Makes an address and port of the network, which nobody else has, lead to something on the host. Throws a ConfigError for
   * one that cannot be, and beyond 256.
   */
  guestForward(spec: GuestForwardSpec): Forward;
  /** Every flow there is, and every forward of UDP, in no order. For people: it copies all of them. */
  flows(now: number): FlowInfo[];
  /** The same a part at a time. */
  flowPage(query: FlowQuery, now: number): FlowPage;
  /**
   * Ends a flow by its `id`, toward both sides: TCP by resets; of UDP and ICMP the host's socket goes. False when there is none,
   * or it is a forward of UDP, which is closed instead.
   */
  endFlow(id: string, now: number): boolean;
  /** Every station of the network that was heard. */
  neighbours(now: number): NeighbourInfo[];
  /** Counters by name: frames and bytes each way, flows, and every kind of drop that happened. */
  stats(): Record<string, number>;
  /** Resets every flow, toward the guest and the host. The stack takes nothing afterwards. */
  close(now: number): void;
}

/** Everything impure that the stack needs, handed in. */
export interface Environment {
  readonly link: Link;
  readonly host: Host;
  /** [0, 1): sequence numbers, identifiers. Seeded in tests, cryptographic in the programs. */
  readonly random: () => number;
  readonly services?: readonly Service[];
  readonly probe?: Probe;
  /** Application gateways, between TCP and `host`: none. */
  readonly gateways?: Gateways;
}

/** Sees each change of a flow, and each frame that is not carried. Costs nothing when absent. */
export interface Probe {
  /** Called within input(), which is about to return the same. */
  dropped?(why: Drop, now: number): void;
  flow?(description: string, before: string, after: string, now: number): void;
}
