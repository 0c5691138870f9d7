import type { Timeouts } from '../config.ts';
import type { DropCounters } from '../drop.ts';
import type { Endpoint } from '../endpoint.ts';
import type { TcpHost } from '../gateways.ts';
import type { IpErrors, IpOutput } from '../ip/output.ts';
import type { Routes } from '../routes.ts';
import type { Service } from '../service.ts';
import type { Probe } from '../stack.ts';
import type { GuestForwards } from './guest-forwards.ts';

/** All that TCP needs, handed in: a test gives it fakes. Sizes in bytes. */
export interface TcpEnvironment {
  readonly ip: IpOutput;
  readonly errors: IpErrors;
  readonly host: TcpHost;
  readonly routes: Routes;
  readonly guestForwards: Pick<GuestForwards, 'find'>;
  /** Who answers where the routes say SERVICE. */
  readonly service: (remote: Endpoint) => Pick<Service, 'connect'> | null;
  /** [0, 1) */
  readonly random: () => number;
  readonly drops: DropCounters;
  readonly probe?: Probe | undefined;
  readonly timeouts: Timeouts;
  readonly maxFlows: number;
  /** Largest send or receive ring of one flow, a power of two. */
  readonly buffer: number;
  /** What the rings of all flows together may hold, beyond 64 KiB each. */
  readonly memory: number;
  /** The MSS that we announce to this guest: what it may send in one segment. */
  mss(guest: Endpoint): number;
  /** Largest payload of one segment that the link cuts to MSS by itself; 0 when it cuts nothing. */
  readonly segmentation: number;
}
