export { type Advertise, type Config, ConfigError, type Limits, type Rule } from './config.ts';
export { createStack } from './create-stack.ts';
export { Drop } from './drop.ts';
export type { Forward, ForwardEvents, ForwardSpec } from './forward.ts';
export type { GatewayNet, Gateways, TcpHost } from './gateways.ts';
export { inside, type Network, type Network6 } from './network.ts';
export { checkConfig } from './settings.ts';
export type { Environment, Probe, Stack } from './stack.ts';
export type { Connect, GuestForwardSpec } from './tcp/guest-forwards.ts';
