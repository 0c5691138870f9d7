// The data plane alone: what a program loads that never uses Node's own sockets. It starts sooner by what it leaves out.

export { CommandDoor } from './command-door.ts';
export {
  type Asker,
  ForwardBook,
  type ForwardCarrier,
  type ForwardEntry,
  type ForwardOrder,
} from './control/forward-book.ts';
export { type Carrier, type GuestPort, Networks, type Served } from './control/networks.ts';
export { Ending, Exit } from './ending.ts';
export type { ForwardAnswer, ForwardRequest, GuestForwardRequest, Place } from './forwards.ts';
export { hostHasIpv6 } from './host-ipv6.ts';
export { Level, Log, oneLine, type Sink } from './log.ts';
export type { Cable } from './plane/message.ts';
export { hasPlane, Plane, type PlaneEvents } from './plane/plane.ts';
export type { NetworkSettings } from './settings.ts';
export { type Counters, type Named, type Snapshot, showOnSignal } from './snapshot.ts';
