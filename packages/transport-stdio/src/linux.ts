// The cable on a thread's own epoll loop: descriptors that are read and written by system calls, without Node's streams.
import { FramedLink, type Link } from '@reslirp/link';
import { AddressCache, Epoll, Errno, errorName, Fcntl, type Loop, libc, Open, Region } from '@reslirp/syscall';
import { type CableOptions, framed } from './stream.ts';

/** As much as is read before flows and sockets have their turn. */
const READ_BUFFER = 1 << 18;
/** Reads that follow each other faster than this, milliseconds, and bring less than this, bytes, are too many. */
const BUSY = 0.15;
const FEW = 16 * 1024;
/** Microseconds; the kernel adds about 50. */
const GATHERING = 20;
/** Most that an unprivileged process may ask for. The default, 64 KiB, holds some 30 frames. */
const PIPE_SIZE = 1 << 20;
const STDERR = 2;

export interface LoopLinkOptions extends CableOptions {
  readonly loop: Loop;
  /** Pipes, stream sockets or files, closed with the link. Two numbers, though they may be one socket. */
  readonly input: number;
  readonly output: number;
}

/** A link whose frames are read from `input` and written to `output`. */
export function loopLink(options: LoopLinkOptions): Link {
  return new Descriptors(options).link;
}

class Descriptors {
  readonly link: FramedLink;
  readonly #loop: Loop;
  readonly #input: number;
  readonly #output: number;
  readonly #buffer: Region = new Region(READ_BUFFER);
  readonly #addresses: AddressCache = new AddressCache();
  /** What is being written: [#at, #end) is left of it. */
  #slab: Uint8Array = new Uint8Array(0);
  #at: number = 0;
  #end: number = 0;
  #open: boolean = true;
  /** Nobody reads what we write. */
  #deserted: boolean = false;
  /** The last read, and whether it brought little. */
  #readAt: number = -Infinity;
  #few: boolean = false;

  constructor(options: LoopLinkOptions) {
    const { loop, input, output } = options;
    this.#loop = loop;
    this.#input = input;
    this.#output = output;
    this.link = new FramedLink({
      ...framed(options),
      write: (b, end) => this.#begin(b, end),
      finished: () => this.#close(),
    });
    for (const fd of [input, output]) {
      libc.fcntl(fd, Fcntl.SETFL, libc.fcntl(fd, Fcntl.GETFL, 0) | Open.NONBLOCK);
      libc.fcntl(fd, Fcntl.SETPIPE_SZ, PIPE_SIZE); // in vain on sockets and files
    }
    // A file is always ready, and cannot be watched: EPERM
    const watched = loop.add(input, Epoll.IN, { ready: () => this.#read() }) >= 0;
    if (!watched) loop.defer(() => this.#readOn());
    loop.add(output, Epoll.OUT | Epoll.ET, { ready: (events) => this.#outputReady(events) });
  }

  /** False when there is nothing more to come. */
  #read(): boolean {
    if (!this.#open) return false;
    this.#moderate();
    const n = libc.read(this.#input, this.#buffer.address, READ_BUFFER);
    this.#few = n < FEW;
    if (n > 0) this.link.received(this.#buffer.bytes, 0, n);
    if (n > 0 || (n === -Errno.EAGAIN && !this.#deserted)) return true;
    this.#loop.remove(this.#input);
    this.link.ended(this.#verdict(n));
    return false;
  }

  /** `n`: the read that found nothing more. The end of a guest is an orderly one when nothing is left that it should have had. */
  #verdict(n: number): Error | null {
    if (n < 0) return broken(n === -Errno.EAGAIN ? -Errno.EPIPE : n);
    return this.#deserted && this.#at < this.#end ? broken(-Errno.EPIPE) : null;
  }

  /**
   * Whoever writes a frame at a time wakes us for each of them, and costs both of us more than the frame itself. While that
   * goes on, frames are left to gather. A guest that waits for an answer sends nothing meanwhile, and is not kept waiting.
   */
  #moderate(): void {
    const now = this.#loop.now();
    const busy = this.#few && now - this.#readAt < BUSY;
    this.#readAt = now;
    if (busy) libc.usleep(GATHERING);
  }

  /** Turn by turn, until there is nothing more. */
  #readOn(): void {
    if (this.#read()) this.#loop.defer(() => this.#readOn());
  }

  #begin(b: Uint8Array, end: number): boolean {
    this.#slab = b;
    this.#at = 0;
    this.#end = end;
    return this.#write();
  }

  /** True when all is written. An error is told in the next turn. */
  #write(): boolean {
    while (this.#at < this.#end) {
      const from = this.#addresses.of(this.#slab) + this.#at;
      const n = libc.write(this.#output, from, this.#end - this.#at);
      if (n === -Errno.EAGAIN) return false;
      if (n < 0) {
        this.#loop.defer(() => this.link.ended(broken(n)));
        return false;
      }
      this.#at += n;
    }
    return true;
  }

  #outputReady(events: number): void {
    if (!this.#open) return;
    if ((events & Epoll.ERR) !== 0) this.#desert();
    else if (this.#at < this.#end && this.#write()) this.link.written();
  }

  /** A guest that ends closes both pipes, mostly this one first: what it sent before that is in the other one. */
  #desert(): void {
    if (this.#deserted) return;
    this.#deserted = true;
    this.#loop.defer(() => this.#readOn());
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const fd of [this.#input, this.#output]) {
      this.#loop.remove(fd);
      letGo(fd);
    }
  }
}

/** Whoever holds the other end sees it closed. The standard descriptors stay taken: others in the process count on them. */
function letGo(fd: number): void {
  const nothing = fd <= STDERR ? libc.open('/dev/null', Open.RDWR | Open.CLOEXEC) : -1;
  if (nothing < 0) {
    libc.close(fd);
    return;
  }
  libc.dup2(nothing, fd);
  libc.close(nothing);
}

function broken(result: number): Error {
  if (result === -Errno.EPIPE || result === -Errno.ECONNRESET) return new Error('cable broken: the other end is gone');
  return new Error(`cable broken: ${errorName(result)}`);
}
