// For programs that want reslirp's own wiring: the command line without the process around it.
export { helpText } from './help.ts';
export type { Choices } from './options.ts';
export { parse } from './parse.ts';
export { type Settings, settings } from './settings.ts';
export { UsageError } from './usage-error.ts';
