// A WebSocket as a cable, as v86 and its relays speak: each binary message is one Ethernet frame, and nothing else is said.
// For browsers, and for every other WebSocket that has their methods.
import { type Link, MessageLink } from '@reslirp/link';

/** What is used of a WebSocket (https://websockets.spec.whatwg.org). */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: object) => void): void;
}

export interface WsLinkOptions {
  /** Largest IP packet that we send, bytes: 1500. */
  readonly mtu?: number;
  /** Longest frame that is taken, bytes: mtu + 18. A longer message is dropped. */
  readonly maxFrame?: number;
  /** `send()` keeps the very bytes that it is given, as Node's library does and no browser: false. */
  readonly keeps?: boolean;
}

const CONNECTING = 0;
const OPEN = 1;
/** Bytes that wait in the WebSocket before we do. */
const ENOUGH = 1 << 20;
/** A WebSocket does not tell when it has sent them: we look, milliseconds. */
const LOOK_AGAIN = 5;
/** What is under way when we close may never be read, milliseconds. */
const GRACE = 2_000;
/** RFC 6455 7.4.1. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
/** A page may not say 1003, unsupported data, itself. */
const TEXT = 4003;
/** The other end closed without a code. */
const NO_STATUS = 1005;
const ORDERLY: readonly number[] = [NORMAL, GOING_AWAY, NO_STATUS];

/** A link on `socket`, which may still be connecting, and is the link's from now on. */
export function wsLink(socket: WebSocketLike, options: WsLinkOptions = {}): Link {
  return new WebSocketCable(socket, options).link;
}

class WebSocketCable {
  readonly link: MessageLink;
  readonly #socket: WebSocketLike;
  readonly #keeps: boolean;
  /** What is to be sent once it is open. */
  #early: (() => void) | null = null;

  constructor(socket: WebSocketLike, { mtu = 1500, maxFrame, keeps = false }: WsLinkOptions) {
    this.#socket = socket;
    this.#keeps = keeps;
    this.link = new MessageLink({
      mtu,
      ...(maxFrame === undefined ? {} : { maxFrame }),
      write: (b, ends, count) => this.#write(b, ends, count),
      finished: () => socket.close(NORMAL),
    });
    const close = this.link.close.bind(this.link);
    this.link.close = () => {
      close();
      setTimeout(() => socket.close(NORMAL), GRACE);
    };
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#early?.());
    socket.addEventListener('message', (event) => this.#received((event as { data: unknown }).data));
    socket.addEventListener('close', (event) => this.#closed(event as { code: number; reason: string }));
    socket.addEventListener('error', () => {}); // 'close' follows, and says more
  }

  #received(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      this.link.received(new Uint8Array(data), 0, data.byteLength);
      return;
    }
    this.#socket.close(TEXT, 'frames are binary messages');
    this.link.ended(new Error('cable broken: the other end sends text'));
  }

  #closed({ code, reason }: { code: number; reason: string }): void {
    const words = reason === '' ? `code ${code}` : `code ${code}, ${reason}`;
    this.link.ended(ORDERLY.includes(code) ? null : new Error(`cable broken: the WebSocket closed with ${words}`));
  }

  #write(b: Uint8Array, ends: Int32Array, count: number): boolean {
    if (this.#socket.readyState !== CONNECTING) return this.#send(b, ends, count);
    this.#early = () => {
      this.#early = null;
      if (this.#send(b, ends, count)) this.link.written();
    };
    return false;
  }

  /** False when more waits than we want: then written() follows. */
  #send(b: Uint8Array, ends: Int32Array, count: number): boolean {
    let at = 0;
    for (let i = 0; i < count; i++) {
      const end = ends[i]!;
      const frame = this.#keeps ? b.slice(at, end) : b.subarray(at, end);
      this.#socket.send(frame as Uint8Array<ArrayBuffer>);
      at = end;
    }
    if (this.#socket.bufferedAmount <= ENOUGH) return true;
    this.#look();
    return false;
  }

  #look(): void {
    setTimeout(() => {
      if (this.#socket.readyState !== OPEN) return; // its end is told by itself
      if (this.#socket.bufferedAmount > ENOUGH / 2) this.#look();
      else this.link.written();
    }, LOOK_AGAIN);
  }
}
