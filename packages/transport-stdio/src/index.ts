export { type StdioLinkOptions, stdioLink } from './stdio.ts';
export { type CableOptions, streamLink } from './stream.ts';
