// For programs that want reslirp's own wiring: the command line without the process around it.
export { helpText } from './help.ts';
export { Level, Log, type Sink } from './log.ts';
export type { Choices } from './options.ts';
export { parse, UsageError } from './parse.ts';
export type { Cable } from './plane/message.ts';
export { hasPlane, type Plane, type PlaneEvents, startPlane } from './plane/start.ts';
export { type Running, run } from './run.ts';
export { type Settings, settings } from './settings.ts';
