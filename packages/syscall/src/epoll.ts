// epoll(7). struct epoll_event is packed on x86-64 (12 bytes), and padded to 16 on all other machines.
import { Epoll } from './constants.ts';
import { epollCreate, epollCtl, epollWait } from './libc.ts';
import { Region } from './memory.ts';

const PACKED = process.arch === 'x64';
const SIZE = PACKED ? 12 : 16;
const DATA = PACKED ? 4 : 8;

/** A set of descriptors. Each is known by its number and a tag of 32 bits, which come back with its events. */
export class EpollSet {
  readonly fd: number;
  readonly #most: number;
  readonly #events: Region;
  readonly #one: Region = new Region(SIZE);

  /** Throws nothing; `fd` is negative when there is no descriptor left. */
  constructor(most: number = 256) {
    this.#most = most;
    this.#events = new Region(most * SIZE);
    this.fd = epollCreate(Epoll.CLOEXEC);
  }

  add(fd: number, events: number, tag: number): number {
    return this.#control(Epoll.ADD, fd, events, tag);
  }

  modify(fd: number, events: number, tag: number): number {
    return this.#control(Epoll.MOD, fd, events, tag);
  }

  remove(fd: number): number {
    return this.#control(Epoll.DEL, fd, 0, 0);
  }

  /** Returns how many descriptors are ready. `timeout` in milliseconds, -1 for ever. */
  wait(timeout: number): number {
    return epollWait(this.fd, this.#events.address, this.#most, timeout);
  }

  events(i: number): number {
    return this.#events.view.getUint32(i * SIZE, true);
  }

  readyFd(i: number): number {
    return this.#events.view.getInt32(i * SIZE + DATA, true);
  }

  tag(i: number): number {
    return this.#events.view.getInt32(i * SIZE + DATA + 4, true);
  }

  #control(operation: number, fd: number, events: number, tag: number): number {
    const { view } = this.#one;
    view.setInt32(0, events, true);
    view.setInt32(DATA, fd, true);
    view.setInt32(DATA + 4, tag, true);
    return epollCtl(this.fd, operation, fd, this.#one.address);
  }
}
