// The beginning of a way to the other machine: what is sent goes out, and whatever comes is noise, until the marker.
//
// A shell may print anything before it runs a command (motd, echo in an rc file). It is read a byte at a time: what
// follows the marker is frames, which are somebody else's to read, and there is never much before it.
import { Epoll, Errno, errorName, Fcntl, type Loop, libc, Open, Region } from '@reslirp/syscall';
import type { Way } from './message.ts';

/** Noise that is put up with, bytes. */
const MOST_NOISE = 64 * 1024;

export interface GreetingEvents {
  /** The next byte is the first of a frame. */
  met(noise: string): void;
  /** It will not be. The descriptors are closed. */
  failed(error: string | null, noise: string): void;
}

export class Greeting {
  readonly #loop: Loop;
  readonly #way: Way;
  readonly #events: GreetingEvents;
  readonly #opening: Region;
  readonly #byte: Region = new Region(1);
  #sent: number = 0;
  #heard: string = '';
  #over: boolean = false;

  constructor(loop: Loop, way: Way, events: GreetingEvents) {
    this.#loop = loop;
    this.#way = way;
    this.#events = events;
    this.#opening = new Region(way.opening.length);
    this.#opening.bytes.set(way.opening);
    for (const fd of [way.input, way.output])
      libc.fcntl(fd, Fcntl.SETFL, libc.fcntl(fd, Fcntl.GETFL, 0) | Open.NONBLOCK);
    loop.add(way.input, Epoll.IN, { ready: () => this.#read() });
    loop.add(way.output, Epoll.OUT | Epoll.ET, { ready: (events) => this.#write(events) });
  }

  /** Lets go of the descriptors, and says nothing any more. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    for (const fd of [this.#way.input, this.#way.output]) {
      this.#loop.remove(fd);
      libc.close(fd);
    }
  }

  /** Who does not read what we say may still have something to tell: only the end of what comes is an end. */
  #write(events: number): void {
    if ((events & Epoll.ERR) !== 0) return;
    const { address, bytes } = this.#opening;
    while (!this.#over && this.#sent < bytes.length) {
      const n = libc.write(this.#way.output, address + this.#sent, bytes.length - this.#sent);
      if (n < 0) return;
      this.#sent += n;
    }
  }

  #read(): void {
    const { marker } = this.#way;
    while (!this.#over) {
      const n = libc.read(this.#way.input, this.#byte.address, 1);
      if (n === -Errno.EAGAIN) return;
      if (n > 0) this.#heard += String.fromCharCode(this.#byte.bytes[0]!);
      if (n <= 0) this.#fail(n < 0 ? errorName(n) : null);
      else if (this.#heard.endsWith(marker)) this.#meet();
      else if (this.#heard.length > MOST_NOISE) this.#fail(`${MOST_NOISE} bytes came that are no frames`);
    }
  }

  #meet(): void {
    this.#over = true;
    this.#loop.remove(this.#way.input);
    this.#loop.remove(this.#way.output);
    this.#events.met(this.#heard.slice(0, -this.#way.marker.length));
  }

  #fail(error: string | null): void {
    this.close();
    this.#events.failed(error, this.#heard);
  }
}
