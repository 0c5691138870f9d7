// Sockets with a name in the file system: unix(7), struct sockaddr_un.
import { Family, SocketType } from './constants.ts';
import { Errno } from './errno.ts';
import * as libc from './libc.ts';
import { Region } from './memory.ts';

const PATH = 2;
/** Bytes of a path, the 0 behind it not counted. */
export const LONGEST_PATH = 107;
/** Of a whole struct sockaddr_un. */
export const UNIX_ADDRESS_SIZE = 110;

/** Writes a whole struct sockaddr_un at `at`. `path`: no longer than LONGEST_PATH. */
export function putUnixAddress(b: Uint8Array, at: number, path: string): void {
  b.fill(0, at, at + UNIX_ADDRESS_SIZE);
  new DataView(b.buffer, b.byteOffset).setUint16(at, Family.UNIX, true);
  new TextEncoder().encodeInto(path, b.subarray(at + PATH, at + PATH + LONGEST_PATH));
}

/** The path in the struct sockaddr_un at `at`; null when it is of another family, or has none. */
export function getUnixAddress(b: Uint8Array, at: number): string | null {
  if (new DataView(b.buffer, b.byteOffset).getUint16(at, true) !== Family.UNIX) return null;
  const name = b.subarray(at + PATH, at + UNIX_ADDRESS_SIZE);
  const end = name.indexOf(0);
  return end === 0 ? null : new TextDecoder().decode(end < 0 ? name : name.subarray(0, end));
}

/** Gives a socket a name in the file system; 0, or minus an error. */
export function unixBind(fd: number, path: string): number {
  const address = unixAddress(path);
  return faultOf(path) || libc.bind(fd, address.address, address.bytes.length);
}

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
  const fd = libc.socket(Family.UNIX, type | SocketType.CLOEXEC, 0);
  if (fd < 0) return fd;
  const bound = unixBind(fd, path);
  const result = bound < 0 ? bound : libc.listen(fd, backlog);
  if (result >= 0) return fd;
  libc.close(fd);
  return result;
}
