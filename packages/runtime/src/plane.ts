// The data plane alone: what a program loads that never uses Node's own sockets. It starts sooner by what it leaves out.
export { Ending, Exit } from './ending.ts';
export { Level, Log, oneLine, type Sink } from './log.ts';
export type { Cable, ForwardRequest } from './plane/message.ts';
export { hasPlane, Plane, type PlaneEvents } from './plane/plane.ts';
export type { NetworkSettings } from './settings.ts';
