// The thread that goes to a network namespace, and ends there.
import { parentPort, workerData } from 'node:worker_threads';
import { Errno, libc, Mount, Namespace, Open } from '@reslirp/syscall';
import { TapError } from '@reslirp/transport-tap';
import { Failure } from '../failure.ts';
import { must } from '../must.ts';
import { makeInterface } from './interface.ts';
import type { Made, Outcome, Visit } from './visit.ts';

/** This thread's own. /proc/self/ns/net is of the thread that the process began with. */
const OWN = '/proc/thread-self/ns/net';
const ROOT_NEEDED = { EPERM: 'it needs root, or namespaces in which it is root: unshare --map-root-user --mount' };

class NotAllowed extends Failure {}

parentPort!.postMessage(outcome());

function outcome(): Outcome {
  try {
    return go(workerData as Visit);
  } catch (error) {
    const forbidden = error instanceof NotAllowed || (error instanceof TapError && error.code === 'EPERM');
    return { failure: error instanceof Error ? error.message : String(error), forbidden };
  }
}

function go({ to, interface: wanted }: Visit): Made {
  if ('path' in to) {
    enter(to.path);
    return makeInterface(wanted);
  }
  must('a new network namespace', libc.unshare(Namespace.NET), ROOT_NEEDED);
  const made = makeInterface(wanted);
  const mounted = libc.mount(OWN, to.newOn, null, Mount.BIND, null);
  if (mounted < 0) libc.close(made.fd);
  must(`mount on ${to.newOn}`, mounted, ROOT_NEEDED);
  return made;
}

function enter(path: string): void {
  const fd = must(`network namespace ${path}`, libc.open(path, Open.CLOEXEC), {
    ENOENT: 'there is none: has its process ended?',
    EACCES: 'this user may not look at it',
  });
  const result = libc.setns(fd, Namespace.NET);
  libc.close(fd);
  if (result === -Errno.EPERM) throw new NotAllowed(`network namespace ${path}: EPERM (this user may not enter it)`);
  must(`network namespace ${path}`, result, { EINVAL: 'it is no network namespace' });
}
