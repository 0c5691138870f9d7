// Our end of the cable to a switch: a datagram socket, which has a name for as long as it takes the switch to connect to it.
import { chmodSync, chownSync, fchmodSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { Errno, Family, libc, SocketType, unixBind, unixConnect } from '@reslirp/syscall';

/** Where there is always room for a socket, when the directory of the switch is not ours to write to. */
const ELSEWHERE = '/tmp';
const PREFIX = '.reslirp-';
/** Joins of one process that are under way at once, and leftovers that are looked at. */
const MOST = 64;

export interface DataSocket {
  readonly fd: number;
  readonly path: string;
}

/**
 * A socket that the switch may connect to, whose own is `control`. Its name is in `directory`, else in /tmp. Names that were left by
 * processes that were killed are removed. Minus an error when there is none to be had.
 */
export function dataSocket(directory: string, control: string): DataSocket | number {
  const fd = libc.socket(Family.UNIX, SocketType.DGRAM | SocketType.NONBLOCK | SocketType.CLOEXEC, 0);
  if (fd < 0) return fd;
  fchmodSync(fd, 0o700); // what bind() makes has this mode (unix(7)): others never see it open
  let result: number = -Errno.EADDRINUSE;
  for (const where of [directory, ELSEWHERE]) {
    sweep(where);
    for (let i = 0; i < MOST; i++) {
      const path = `${where}/${PREFIX}${process.pid}-${i}`;
      result = unixBind(fd, path);
      if (result === -Errno.EADDRINUSE) continue;
      if (result < 0) break;
      letIn(path, control);
      return { fd, path };
    }
  }
  libc.close(fd);
  return result;
}

export function forget(path: string): void {
  try {
    unlinkSync(path);
  } catch {} // somebody else was quicker
}

/** Root's switch and our own come in anyway. Another user's needs leave: as its owner if we are root, else as its group, else as anybody. */
function letIn(path: string, control: string): void {
  const owner = statSync(control, { throwIfNoEntry: false });
  const own = process.geteuid?.() ?? 0;
  if (owner === undefined || owner.uid === 0 || owner.uid === own) return;
  if (own === 0 && chowned(path, owner.uid, owner.gid)) return;
  chmodSync(path, chowned(path, own, owner.gid) ? 0o770 : 0o777);
}

function chowned(path: string, uid: number, gid: number): boolean {
  try {
    chownSync(path, uid, gid);
    return true;
  } catch {
    return false;
  }
}

/** Removes names of ours behind which there is nobody. */
function sweep(directory: string): void {
  let left: string[];
  try {
    left = readdirSync(directory).filter((name) => name.startsWith(PREFIX));
  } catch {
    return;
  }
  for (const name of left.slice(0, MOST)) if (isDeserted(`${directory}/${name}`)) forget(`${directory}/${name}`);
}

function isDeserted(path: string): boolean {
  const fd = libc.socket(Family.UNIX, SocketType.DGRAM | SocketType.CLOEXEC, 0);
  if (fd < 0) return false;
  const result = unixConnect(fd, path);
  libc.close(fd);
  return result === -Errno.ECONNREFUSED;
}
