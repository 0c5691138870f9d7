// A loopLink on descriptors of this process, the far ends of which are in our hand.
import { BIG_2, Deframer, type Link, writeLength } from '@reslirp/link';
import type { LinkUnderTest } from '@reslirp/link/contract';
import { Errno, Fcntl, type Loop, libc, Open, Shutdown, SocketType } from '@reslirp/syscall';
import { pipe, read, socketPair, write } from '../../syscall/test/descriptors.ts';
import { type LoopLinkOptions, loopLink } from '../src/linux.ts';

const DUPFD_CLOEXEC = 1030;

export function duplicate(fd: number): number {
  return libc.fcntl(fd, DUPFD_CLOEXEC, 3);
}

/** Frames as they are on the cable. */
export function bytes(...frames: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(frames.reduce((sum, frame) => sum + 2 + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    writeLength(BIG_2, all, at, frame.length);
    all.set(frame, at + 2);
    at += 2 + frame.length;
  }
  return all;
}

export const numbered = (size: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, i) => i * 7 + seed);

/** Commits a frame; false when there is no room. */
export function put(link: Link, frame: Uint8Array): boolean {
  const at = link.reserve(frame.length);
  if (at < 0) return false;
  link.slab.set(frame, at);
  link.commit(frame.length);
  return true;
}

/** Four ends: the link's input and output, and where the far side writes and reads. */
export interface Ends {
  readonly input: number;
  readonly output: number;
  readonly farWrites: number;
  readonly farReads: number;
}

export function pipes(): Ends {
  const [input, farWrites] = pipe();
  const [farReads, output] = pipe();
  return { input, output, farWrites, farReads };
}

/** One socket each, under two numbers. */
export function sockets(): Ends {
  const [near, far] = socketPair(SocketType.STREAM);
  return { input: near, output: duplicate(near), farWrites: far, farReads: duplicate(far) };
}

/** A link, and its far side as two descriptors. */
export class LoopBench implements LinkUnderTest {
  readonly link: Link;
  readonly arrived: Uint8Array[] = [];
  /** What onEnd() told. */
  readonly ends: (string | null)[] = [];
  readonly #loop: Loop;
  readonly #far: Ends;
  readonly #deframer: Deframer;
  #writing: boolean = true;
  #reading: boolean = true;

  constructor(loop: Loop, ends: Ends, options: Partial<LoopLinkOptions> = {}) {
    this.#loop = loop;
    this.#far = ends;
    this.link = loopLink({ loop, input: ends.input, output: ends.output, ...options });
    this.link.onEnd((error) => this.ends.push(error?.message ?? null));
    this.#deframer = new Deframer(BIG_2, 65_535, (b, at, end) => this.arrived.push(b.slice(at, end)));
    for (const fd of [ends.farReads, ends.farWrites]) {
      libc.fcntl(fd, Fcntl.SETFL, libc.fcntl(fd, Fcntl.GETFL, 0) | Open.NONBLOCK);
    }
  }

  send(frame: Uint8Array): void {
    this.say(bytes(frame));
  }

  say(raw: Uint8Array): void {
    if (this.#writing) write(this.#far.farWrites, raw);
  }

  /** Takes what is there, at most `most` bytes. Returns how many. */
  take(most?: number): number {
    if (!this.#reading) return 0;
    const came = read(this.#far.farReads, most);
    if (typeof came === 'number') return 0;
    this.#deframer.push(came, 0, came.length);
    return came.length;
  }

  /** Whether anybody could still read what the far side says. */
  hears(): boolean {
    return write(this.#far.farWrites, Uint8Array.of(0)) !== -Errno.EPIPE;
  }

  /** Nothing more will come; what is sent to the far side is read. */
  hangUp(): void {
    if (!this.#writing) return;
    libc.shutdown(this.#far.farWrites, Shutdown.WR); // of a socket: another number keeps it open
    this.#closeWriting();
  }

  stopReading(): void {
    if (this.#reading) libc.close(this.#far.farReads);
    this.#reading = false;
  }

  /** As the kernel does with a process that ends: the lower number first, and stdin is 0. */
  exit(): void {
    this.stopReading();
    this.#closeWriting();
  }

  turn(times: number = 1): void {
    for (let i = 0; i < times; i++) {
      this.#loop.turn(0);
      this.link.flush();
    }
  }

  settle(): void {
    for (let quiet = 0; quiet < 5; quiet++) {
      this.turn();
      while (this.take() > 0) quiet = 0;
    }
  }

  release(): void {
    this.link.close();
    this.exit();
    this.turn(3);
  }

  #closeWriting(): void {
    if (this.#writing) libc.close(this.#far.farWrites);
    this.#writing = false;
  }
}
