export type { NeighbourInfo } from './arp/neighbours.ts';
export {
  type Advertise,
  type Config,
  ConfigError,
  type Limits,
  type Rule,
  type Timeouts,
  UDP_FILTERINGS,
  type UdpFiltering,
} from './config.ts';
export { createStack } from './create-stack.ts';
export { Drop, dropName } from './drop.ts';
export type { FlowInfo } from './flow-info.ts';
export type { FlowPage, FlowQuery } from './flow-tables.ts';
export type { Forward, ForwardEvents, ForwardSpec } from './forward.ts';
export type { GatewayNet, Gateways, TcpHost } from './gateways.ts';
export { inside, type Network, type Network6, within } from './network.ts';
export { checkConfig } from './settings.ts';
export type { Environment, Probe, Stack } from './stack.ts';
export type { Connect, GuestForwardSpec } from './tcp/guest-forwards.ts';
