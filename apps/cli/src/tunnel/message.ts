// What passes between the program and the thread that carries frames between the TAP and the other machine.

/** What the thread is born with. The TAP's frames have nothing before them; the descriptor is the program's. */
export interface BridgeBirth {
  readonly tap: number;
  /** Largest IP packet, bytes. */
  readonly mtu: number;
}

/** A way to the other machine, in descriptors that are the thread's from then on. */
export interface Way {
  /** Of the one that is meant: an end that is told late is not taken for the end of the next one. */
  readonly number: number;
  readonly input: number;
  readonly output: number;
  /** What is sent first. */
  readonly opening: Uint8Array;
  /** What the other side says before its first frame, one byte each character. */
  readonly marker: string;
}

export type BridgeOrder = { readonly kind: 'take'; readonly way: Way } | { readonly kind: 'close' };

export type BridgeNews =
  /** It turns: whoever writes to the eventfd(2) `waker` wakes it. */
  | { readonly kind: 'turning'; readonly waker: number }
  /** The marker came, and frames pass from now on. */
  | { readonly kind: 'joined'; readonly number: number }
  /** The way is over; null: in order. `noise`: what came before the marker, or instead of it. */
  | { readonly kind: 'parted'; readonly number: number; readonly error: string | null; readonly noise: string }
  /** The TAP is gone, or the thread is. */
  | { readonly kind: 'broken'; readonly error: string }
  | { readonly kind: 'closed'; readonly lost: number };
