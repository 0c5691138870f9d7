// A TapLink on one end of a socket with a frame in each message, the other end of which is in our hand.
import type { LinkUnderTest } from '@reslirp/link/contract';
import { type Loop, libc, SocketType } from '@reslirp/syscall';
import { read, socketPair, write } from '../../syscall/test/descriptors.ts';
import { type Tap, TapLink } from '../src/index.ts';

export class TapBench implements LinkUnderTest {
  /** The link's. */
  readonly fd: number;
  readonly link: TapLink;
  readonly arrived: Uint8Array[] = [];
  /** What onEnd() told. */
  readonly ends: (string | null)[] = [];
  readonly #loop: Loop;
  readonly #header: number;
  readonly #far: number;
  #open: boolean = true;

  constructor(loop: Loop, offload: Tap['offload'], header: number = offload === 'none' ? 0 : 10, mtu: number = 1_500) {
    const [fd, far] = socketPair(SocketType.SEQPACKET);
    this.fd = fd;
    this.#far = far;
    this.#loop = loop;
    this.#header = header;
    this.link = new TapLink({ tap: { fd, name: 'test', header, offload }, loop, mtu });
    this.link.onEnd((error) => this.ends.push(error?.message ?? null));
  }

  /** A frame, behind a header that says nothing. */
  send(frame: Uint8Array): void {
    const message = new Uint8Array(this.#header + frame.length);
    message.set(frame, this.#header);
    this.say(message);
  }

  /** A message as it is. */
  say(message: Uint8Array): number {
    return this.#open ? write(this.#far, message) : 0;
  }

  /** The next message from the link, header included; null when there is none. */
  hear(): Uint8Array | null {
    const message = this.#open ? read(this.#far, 70_000) : 0;
    return typeof message === 'number' || message.length === 0 ? null : message;
  }

  hangUp(): void {
    if (this.#open) libc.close(this.#far);
    this.#open = false;
  }

  settle(): void {
    for (let i = 0; i < 5; i++) {
      this.#loop.turn(0);
      this.link.flush();
      for (let message = this.hear(); message !== null; message = this.hear()) {
        this.arrived.push(message.subarray(this.#header));
      }
    }
  }

  release(): void {
    this.link.close();
    this.hangUp();
  }
}
