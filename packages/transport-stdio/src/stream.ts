// The cable on any pair of Node's byte streams: sockets, pipes of a child, a WebSocket duplex.
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { FramedLink, type Framing, type Link, type Slabs, VDE_FRAME } from '@reslirp/link';
import { gone, isReset } from './gone.ts';
import { Turnstile } from './turnstile.ts';

const HEADERS = 18;
/** What is read passes in pieces of so many bytes: some 250 of the smallest frames. */
const PIECE = 16 * 1024;

export interface CableOptions {
  /** Largest IP packet that we send, bytes: 1500. */
  readonly mtu?: number;
  /**
   * Longest frame that is understood, bytes: what vde_plug can send (9,234), or mtu + 18 if that is more.
   * A longer one is a cable out of step, and the end of it.
   */
  readonly maxFrame?: number;
  /** The length before each frame: 2 bytes, big-endian. */
  readonly framing?: Framing;
  /** Where slabs come from, when many links share them: its own. */
  readonly slabs?: Slabs;
  /** To 60 bytes and an even length, for vde_plug: true. */
  readonly pad?: boolean;
  /** The other end leaves without a word, so that a reset is an end in order, between two frames: false. */
  readonly hangsUp?: boolean;
}

type Size = Pick<CableOptions, 'mtu' | 'maxFrame' | 'pad'>;

/** Without the methods of a Buffer, whose slice() does not copy. */
export function plain(b: Uint8Array): Uint8Array {
  return new Uint8Array(b.buffer, b.byteOffset, b.length);
}

/** The options of the link behind a cable, defaults filled in. */
export function framed(options: CableOptions): Pick<CableOptions, 'framing' | 'slabs'> & Required<Size> {
  const { mtu = 1500, maxFrame = Math.max(VDE_FRAME, mtu + HEADERS), pad = true, framing, slabs } = options;
  return {
    mtu,
    maxFrame,
    pad,
    ...(framing === undefined ? {} : { framing }),
    ...(slabs === undefined ? {} : { slabs }),
  };
}

/**
 * A link whose frames are read from `readable` and written to `writable`, which may be the same duplex stream.
 * It ends (Link.onEnd) when `readable` does, or when either breaks. close() ends `writable`; `readable` is the caller's,
 * and is read on without a word, so that its other end can finish.
 */
export function streamLink(readable: Readable, writable: Writable, options: CableOptions = {}): Link {
  // A socket is done with the bytes when it says so. Other streams may hand on the very bytes (a PassThrough), to be read
  // when the slab has long been filled with others.
  const keeps = !(writable instanceof Socket);
  const failed = (error: Error): void => {
    if (options.hangsUp === true && isReset(error)) link.hungUp();
    else link.ended(gone(error));
  };
  const link: FramedLink = new FramedLink({
    ...framed(options),
    write: (b, end) => {
      writable.write(keeps ? b.slice(0, end) : b.subarray(0, end), (error) => {
        if (error === null || error === undefined) link.written();
        else failed(error);
      });
      return false;
    },
    finished: () => writable.end(),
  });
  const turnstile = new Turnstile(readable, (b: Uint8Array) => {
    const before = link.framesIn;
    link.received(b, 0, b.length);
    return link.framesIn - before;
  });
  readable.on('data', (chunk: Uint8Array) => {
    const b = plain(chunk);
    for (let at = 0; at < b.length; at += PIECE) turnstile.push(b.subarray(at, at + PIECE));
  });
  const over = (): void => {
    turnstile.drain();
    link.ended(null);
  };
  readable.once('end', over);
  readable.once('close', over);
  readable.on('error', failed);
  if ((writable as unknown) !== readable) writable.on('error', failed);
  return link;
}
