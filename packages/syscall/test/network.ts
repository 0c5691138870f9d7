// A network namespace for one test, with nothing in it but a loopback that is down.
import { libc, Namespace, Open } from '../src/index.ts';

const CLOEXEC = Open.CLOEXEC;

/** Null when this thread can have one; else why not. Throws in CI, where it must. */
export function whyNoNetwork(): string | null {
  const own = libc.open('/proc/thread-self/ns/net', CLOEXEC);
  const result = libc.unshare(Namespace.NET);
  if (result >= 0) libc.setns(own, Namespace.NET);
  libc.close(own);
  if (result >= 0) return null;
  if (process.env['CI']) throw new Error('this test must run in CI, but this user cannot make network namespaces');
  return 'this user cannot make network namespaces';
}

/** Runs `body`, which must not wait, in a namespace of its own: its sockets, and the programs that it starts, are there. */
export function inNewNetwork<T>(body: () => T): T {
  const own = libc.open('/proc/thread-self/ns/net', CLOEXEC);
  if (own < 0 || libc.unshare(Namespace.NET) < 0) throw new Error('no network namespace');
  try {
    return body();
  } finally {
    libc.setns(own, Namespace.NET);
    libc.close(own);
  }
}
