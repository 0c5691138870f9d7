// What passes between the program and its data plane, which is another thread.
import type { SwitchName } from '@reslirp/transport-vde';
import type { Inquiry, Reply } from '../control/inquiry.ts';
import type { ForwardAnswer, ForwardRequest, GuestForwardRequest } from '../forwards.ts';
import type { NetworkSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';

/** Where the guest is. The plane owns the descriptors, and closes them. */
export type Cable =
  | { readonly kind: 'tap'; readonly fd: number; readonly name: string }
  /** A socket with a frame in each message. */
  | { readonly kind: 'packets'; readonly fd: number }
  /** The same, of whoever comes to it. */
  | { readonly kind: 'door'; readonly path: string }
  /** A switch, which is joined. `name`: for messages. */
  | { readonly kind: 'vde'; readonly name: string; readonly place: SwitchName; readonly reconnect: boolean }
  | { readonly kind: 'stdio'; readonly input: number; readonly output: number; readonly longestFrame: number };

/** What the thread is born with. */
export interface Birth {
  readonly settings: NetworkSettings;
  /** The name in front of log lines. */
  readonly program: string;
  /** Bytes of log lines that are under way to the program: it counts them down. */
  readonly unread: Int32Array;
}

/** What is answered. The `id` of a forward is the asker's choice. */
export type Question =
  | { readonly kind: 'forward'; readonly id: number; readonly request: ForwardRequest }
  | { readonly kind: 'guestForward'; readonly id: number; readonly request: GuestForwardRequest }
  | { readonly kind: 'unforward'; readonly id: number }
  | { readonly kind: 'inquiry'; readonly inquiry: Inquiry }
  | { readonly kind: 'snapshot' };

export interface Answers {
  readonly forward: ForwardAnswer;
  readonly guestForward: ForwardAnswer;
  readonly unforward: null;
  readonly inquiry: Reply;
  readonly snapshot: Snapshot;
}

/** From the plane. */
export type News =
  /** Nothing has to be loaded any more. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'serving'; readonly waker: number }
  | { readonly kind: 'log'; readonly text: string }
  /** To the question of that number. */
  | { readonly kind: 'answer'; readonly number: number; readonly answer: Answers[keyof Answers] }
  | { readonly kind: 'over'; readonly error: string | null };

/** To the plane. The first is 'serve', or 'close'. */
export type Order =
  | { readonly kind: 'serve'; readonly cable: Cable }
  | { readonly kind: 'ask'; readonly number: number; readonly question: Question }
  | { readonly kind: 'close' };
