// Sockets with a name in the file system: unix(7), struct sockaddr_un.
import { Family, SocketType } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';

const PATH = 2;
/** Bytes of a path, the 0 behind it not counted. */
export const LONGEST_PATH = 107;

/** A socket of `type` (of SocketType) that listens at `path`; minus an error when there is none to be had. */
export function unixListener(path: string, type: number, backlog: number): number {
  if (path === '' || path.includes('\0')) return -Errno.ENOENT; // not a name in the file system, but an abstract one
  const name = new TextEncoder().encode(path);
  if (name.length > LONGEST_PATH) return -Errno.ENAMETOOLONG;
  const address = new Region(PATH + LONGEST_PATH + 1);
  address.view.setUint16(0, Family.UNIX, true);
  address.bytes.set(name, PATH);
  const fd = libc.socket(Family.UNIX, type | SocketType.CLOEXEC, 0);
  if (fd < 0) return fd;
  const bound = libc.bind(fd, address.address, PATH + name.length + 1);
  const result = bound < 0 ? bound : libc.listen(fd, backlog);
  if (result >= 0) return fd;
  libc.close(fd);
  return result;
}
