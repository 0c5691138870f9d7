// Whoever waits for an answer: a datagram's sender, or a connection.
import type { Endpoint } from '@reslirp/stack/endpoint';

export interface Asker {
  /** Who asked. Ours to keep. */
  readonly guest: Endpoint;
  /** It came over TCP: an answer of any length will do. */
  readonly stream: boolean;
  /** Once. Null: there will be none. */
  answer(answer: Uint8Array | null, now: number): void;
}
