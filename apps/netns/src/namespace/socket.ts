// Sockets with a place in the file system.
import { lstatSync, unlinkSync } from 'node:fs';
import { libc, SocketType, unixListener } from '@reslirp/syscall';
import { must } from '../must.ts';

const ADVICE = {
  ENAMETOOLONG: 'a path of 107 bytes at most',
  EADDRINUSE: 'something of that name is there, and no socket',
};

/** A stream socket that listens at `path`. Throws a Failure. */
export function listenAt(path: string): number {
  clearAway(path);
  return must(`API socket ${path}`, unixListener(path, SocketType.STREAM, 16), ADVICE);
}

/** The first client of a socket of packets at `path`, which there is no more then. Waits for it. Throws a Failure. */
export function onlyClient(path: string): number {
  clearAway(path);
  const listener = must(`bess socket ${path}`, unixListener(path, SocketType.SEQPACKET, 1), ADVICE);
  const client = libc.accept(listener, 0, 0, SocketType.NONBLOCK | SocketType.CLOEXEC);
  libc.close(listener);
  return must(`bess socket ${path}`, client);
}

/** Removes the socket that an earlier program left; anything else stays. */
function clearAway(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // it is not there, or listening will say what is wrong
  }
}
