// One guest's WebSocket, at our end: Node's library, a whole turn's frames in one write.
import type { Socket } from 'node:net';
import { type Link, MessageLink, type Slabs } from '@reslirp/link';
import { Turnstile } from '@reslirp/transport-stream';
import type { RawData, WebSocket } from 'ws';

/** RFC 6455 7.4.1. */
export const Close = { NORMAL: 1000, GOING_AWAY: 1001, UNSUPPORTED: 1003, NO_STATUS: 1005 } as const;
const ORDERLY: readonly number[] = [Close.NORMAL, Close.GOING_AWAY, Close.NO_STATUS];
/** How long the other end has to answer a close, milliseconds. */
const GRACE = 2_000;
const MESSAGE = { binary: true, compress: false } as const;

export interface GuestOptions {
  readonly mtu: number;
  readonly maxFrame: number;
  /** Of all guests. */
  readonly slabs: Slabs;
}

export class WsGuest {
  readonly link: Link;
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #cable: MessageLink;
  readonly #turnstile: Turnstile<Buffer>;
  /** It has answered since it was last asked whether it is there. */
  #alive: boolean = true;
  /** Why it ends, when we know better than the other end will say. */
  #reason: string | null = null;

  /** `stream`: what `socket` is on. */
  constructor(socket: WebSocket, stream: Socket, { mtu, maxFrame, slabs }: GuestOptions) {
    this.#socket = socket;
    this.#stream = stream;
    this.#turnstile = new Turnstile(socket, (b) => this.#passed(b));
    this.#cable = new MessageLink({
      mtu,
      maxFrame,
      slabs,
      write: (b, ends, count) => this.#write(b, ends, count),
      finished: () => socket.close(Close.GOING_AWAY, 'the network is over'),
    });
    this.link = this.#cable;
    const close = this.#cable.close.bind(this.#cable);
    this.#cable.close = () => {
      close();
      setTimeout(() => socket.terminate(), GRACE).unref(); // it may never read what is under way
    };
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('error', (error) => {
      this.#reason ??= error.message; // what was wrong with its frames; the library has closed with the code for it
    });
    socket.on('close', (code, reason) => this.#closed(code, String(reason)));
  }

  /** Asks it whether it is there; cuts it off when it has not answered since the last time. */
  check(): void {
    if (this.#alive) {
      this.#alive = false;
      this.#socket.ping();
      return;
    }
    this.#reason ??= 'it does not answer';
    this.#socket.terminate();
  }

  #received(data: RawData, isBinary: boolean): void {
    if (isBinary) {
      this.#turnstile.push(data as Buffer);
      return;
    }
    this.#reason ??= 'it sends text, and frames are binary messages';
    this.#socket.close(Close.UNSUPPORTED, 'frames are binary messages');
    this.#cable.ended(new Error(`cable broken: ${this.#reason}`));
  }

  #passed(b: Buffer): number {
    this.#cable.received(new Uint8Array(b.buffer, b.byteOffset, b.length), 0, b.length);
    return 1;
  }

  #closed(code: number, said: string): void {
    const words = this.#reason ?? (said === '' ? `closed with code ${code}` : `closed with code ${code}, ${said}`);
    this.#turnstile.drain();
    const orderly = this.#reason === null && ORDERLY.includes(code);
    this.#cable.ended(orderly ? null : new Error(`cable broken: ${words}`));
  }

  #write(b: Uint8Array, ends: Int32Array, count: number): boolean {
    this.#stream.cork();
    let at = 0;
    for (let i = 0; i < count; i++) {
      const end = ends[i]!;
      const last = i === count - 1;
      this.#socket.send(b.subarray(at, end), MESSAGE, last ? this.#sent : undefined);
      at = end;
    }
    this.#stream.uncork();
    return false;
  }

  /** An error is followed by 'close'. */
  readonly #sent = (error?: Error | null): void => {
    if (error === undefined || error === null) this.#cable.written();
  };
}
