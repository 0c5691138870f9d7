// What passes between the program and its data plane, which is another thread.
import type { Settings } from '../settings.ts';

/** Where the guest is. The plane owns the descriptors, and closes them. */
export type Cable =
  | { readonly kind: 'tap'; readonly fd: number; readonly name: string }
  | { readonly kind: 'stdio'; readonly input: number; readonly output: number; readonly longestFrame: number };

/** What the thread is born with. */
export interface Birth {
  readonly settings: Settings;
  readonly cable: Cable;
  /** Log lines that are under way to the program: it counts them down. */
  readonly unread: Int32Array;
}

/** From the plane. */
export type News =
  | { readonly kind: 'serving'; readonly waker: number }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'over'; readonly error: string | null };

/** To the plane. */
export type Order = { readonly kind: 'close' };
