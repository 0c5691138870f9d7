export { newTap, plainTap, type Tap, TapError, tapOf } from './tap.ts';
export { type TapCounters, TapLink, type TapLinkOptions } from './tap-link.ts';
