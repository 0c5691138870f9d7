export { type Config, ConfigError, type Limits } from './config.ts';
export { createStack } from './create-stack.ts';
export { Drop } from './drop.ts';
export type { Forward, ForwardEvents, ForwardSpec } from './forward.ts';
export { inside, type Network } from './network.ts';
export type { Environment, Probe, Stack } from './stack.ts';
