// The protections that come last, when everything is loaded and open.
import type { Log } from '@reslirp/runtime/plane';
import type { Task } from '../slirp4netns/task.ts';
import { filterSystemCalls } from './filter.ts';
import { takeAway } from './root.ts';

/** Rejects with a Failure when one that was asked for does not hold. */
export async function protect({ oldRoot, seccomp }: Task, log: Log): Promise<void> {
  if (oldRoot !== null) {
    await takeAway(oldRoot);
    log.info('sandbox: only /etc and /run are left of the file system, read-only');
  }
  if (seccomp) {
    filterSystemCalls();
    log.info('seccomp: system calls are filtered');
  }
}
