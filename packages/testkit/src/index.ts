export { CERTIFICATE, KEY } from './certificate.ts';
export { Guest, type GuestOptions } from './guest.ts';
export { GuestTcp, type GuestTcpOptions } from './guest-tcp.ts';
export { checkPattern, fillPattern } from './pattern.ts';
export { mulberry } from './random.ts';
export { type Recorded, replay } from './replay.ts';
export { type Peer, type Script, SimulatedHost } from './simulated-host.ts';
export { Timeline } from './timeline.ts';
export { createWorld, type World, type WorldOptions } from './world.ts';
