// SOCK_SEQPACKET of unix(7), a frame in each packet: User-mode Linux's `vec0:transport=bess`, and what speaks like it.
import { fchmodSync, lstatSync } from 'node:fs';
import {
  Epoll,
  Errno,
  errorName,
  Family,
  LONGEST_PATH,
  libc,
  SocketType,
  unixBind,
  unixConnect,
} from '@reslirp/syscall';
import { forget } from './data-socket.ts';
import { PacketLink, type PacketLinkOptions } from './packet-link.ts';

const TYPE = SocketType.SEQPACKET | SocketType.NONBLOCK | SocketType.CLOEXEC;
const BACKLOG = 128;

const WORDS: ReadonlyMap<number, string> = new Map([
  [-Errno.EADDRINUSE, 'in use: somebody else listens there'],
  [-Errno.ENOENT, 'there is no such directory'],
  [-Errno.ENOTDIR, 'there is no such directory'],
  [-Errno.EACCES, 'this user may not use it'],
  [-Errno.ENAMETOOLONG, `a path of ${LONGEST_PATH} bytes at most`],
]);

export interface ConnectedOptions extends PacketLinkOptions {
  /** Connected, and not blocking. */
  readonly fd: number;
}

/** A link on a socket that is connected already. */
export class ConnectedPackets extends PacketLink {
  constructor(options: ConnectedOptions) {
    super(options);
    this.attach(options.fd);
  }

  protected override unplugged(): void {
    this.detach();
    this.ended(null);
  }
}

export interface PacketDoorOptions extends PacketLinkOptions {
  /** For this user alone. A socket that was left there by a process that was killed is removed. */
  readonly path: string;
  /** What happens, in one line. */
  readonly told?: (text: string) => void;
}

/** A link to whoever comes to a socket, one at a time. When that one has left, the next finds the network as it was. */
export class PacketDoor extends PacketLink {
  readonly #path: string;
  readonly #told: (text: string) => void;
  readonly #listener: number;
  #turnedAway: number = 0;

  /** Throws, in one line, when there is no listening there. */
  constructor(options: PacketDoorOptions) {
    super(options);
    const { path, told = () => {} } = options;
    this.#path = path;
    this.#told = told;
    this.#listener = listenAt(path);
    this.loop.add(this.#listener, Epoll.IN, { ready: () => this.#knocked() });
  }

  /** Those who came while somebody was there. */
  get turnedAway(): number {
    return this.#turnedAway;
  }

  protected override unplugged(): void {
    this.detach();
    this.#told('the guest has left');
  }

  protected override release(): void {
    this.detach();
    this.loop.remove(this.#listener);
    libc.close(this.#listener);
    forget(this.#path);
  }

  #knocked(): void {
    const fd = libc.accept(this.#listener, 0, 0, SocketType.NONBLOCK | SocketType.CLOEXEC);
    if (fd < 0) return;
    if (!this.attached) {
      this.#told('a guest');
      this.attach(fd);
      return;
    }
    libc.close(fd);
    if (this.#turnedAway++ === 0) this.#told('another guest is not let in: there is one');
  }
}

function listenAt(path: string): number {
  const fd = libc.socket(Family.UNIX, TYPE, 0);
  if (fd < 0) throw new Error(errorName(fd));
  fchmodSync(fd, 0o600); // what bind() makes has this mode (unix(7))
  let result = unixBind(fd, path);
  const isTaken = result === -Errno.EADDRINUSE;
  const isElse = isTaken && lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false;
  if (isTaken && !isElse && isDeserted(path)) {
    forget(path);
    result = unixBind(fd, path);
  }
  if (result >= 0) result = libc.listen(fd, BACKLOG);
  if (result >= 0) return fd;
  libc.close(fd);
  const why = isElse ? 'there is something that is no socket, and stays' : (WORDS.get(result) ?? errorName(result));
  throw new Error(`${path}: ${why}`);
}

/** Whether nobody listens at that socket. */
function isDeserted(path: string): boolean {
  const fd = libc.socket(Family.UNIX, TYPE, 0);
  const result = fd < 0 ? 0 : unixConnect(fd, path);
  if (fd >= 0) libc.close(fd);
  return result === -Errno.ECONNREFUSED;
}
