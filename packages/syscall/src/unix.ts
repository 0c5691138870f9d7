// Sockets with a name in the file system: unix(7), struct sockaddr_un.
import { Family, SocketType } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';

const PATH = 2;
/** Bytes of a path, the 0 behind it not counted. */
export const LONGEST_PATH = 107;

/** Connects a socket to the one that listens at `path`; 0, or minus an error. */
export function unixConnect(fd: number, path: string): number {
  const address = unixAddress(path);
  return faultOf(path) || libc.connect(fd, address.address, address.bytes.length);
}

/** Minus an error when `path` is no name in the file system (but an abstract one), or too long; else 0. */
function faultOf(path: string): number {
  if (path === '' || path.includes('\0')) return -Errno.ENOENT;
  return new TextEncoder().encode(path).length > LONGEST_PATH ? -Errno.ENAMETOOLONG : 0;
}

function unixAddress(path: string): Region {
  const name = new TextEncoder().encode(path);
  const address = new Region(PATH + name.length + 1);
  address.view.setUint16(0, Family.UNIX, true);
  address.bytes.set(name, PATH);
  return address;
}

/** A socket of `type` (of SocketType) that listens at `path`; minus an error when there is none to be had. */
export function unixListener(path: string, type: number, backlog: number): number {
  const fault = faultOf(path);
  if (fault < 0) return fault;
  const fd = libc.socket(Family.UNIX, type | SocketType.CLOEXEC, 0);
  if (fd < 0) return fd;
  const address = unixAddress(path);
  const bound = libc.bind(fd, address.address, address.bytes.length);
  const result = bound < 0 ? bound : libc.listen(fd, backlog);
  if (result >= 0) return fd;
  libc.close(fd);
  return result;
}
