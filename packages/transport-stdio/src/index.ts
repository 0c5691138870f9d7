export { type StdioLinkOptions, stdioLink } from './stdio.ts';
export { type CableOptions, streamLink } from './stream.ts';
export { type Pausable, Turnstile } from './turnstile.ts';
