// A connected socket as a cable.
import type { Socket } from 'node:net';
import { BIG_2, type Framing, type Link, type Slabs } from '@reslirp/link';
import { streamLink } from '@reslirp/transport-stdio';

/** How long the other end has to close its side when we have closed ours, milliseconds. */
const GRACE = 2_000;
/** A peer that has been silent this long is asked whether it is still there, milliseconds. */
const KEEPALIVE = 30_000;

export interface SocketLinkOptions {
  /** Largest IP packet that we send, bytes: 1500. */
  readonly mtu?: number;
  /** Longest frame that is understood, bytes. A longer one is a cable out of step, and the end of it. */
  readonly maxFrame?: number;
  /** The length before each frame: 2 bytes, big-endian. */
  readonly framing?: Framing;
  /** Where slabs come from, when many links share them: its own. */
  readonly slabs?: Slabs;
  /** The other end leaves without a word, so that a reset is an end in order, between two frames: false. */
  readonly hangsUp?: boolean;
}

/** A link on `socket`, which is the link's from now on: it is closed with it, and gone soon after. */
export function socketLink(socket: Socket, options: SocketLinkOptions = {}): Link {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEPALIVE); // TCP only: elsewhere it does nothing
  // vde_plug may be at the other end of two bytes, big-endian, and loses frames of odd lengths
  const framing = options.framing ?? BIG_2;
  const link = streamLink(socket, socket, { ...options, framing, pad: framing === BIG_2 });
  socket.resume(); // whoever read a token has paused it
  const { close } = link;
  link.close = () => {
    close.call(link);
    setTimeout(() => socket.destroy(), GRACE).unref();
  };
  return link;
}
