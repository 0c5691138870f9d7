// Into another user namespace: only a process of one thread may go there, which Node never is. So nsenter(1) goes, and becomes
// this program again, with the same number, descriptors and arguments.
import { Fcntl, libc } from '@reslirp/syscall';
import { must } from '../must.ts';

/** Starts this program again in the user namespace at `path`, keeping `descriptors` open. Throws a Failure, or never returns. */
export function restartIn(path: string, descriptors: readonly number[]): never {
  for (const fd of [0, 1, 2, ...descriptors]) libc.fcntl(fd, Fcntl.SETFD, 0); // Node closes them on exec
  const own = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const result = libc.execvp('nsenter', ['nsenter', `--user=${path}`, '--preserve-credentials', '--', ...own]);
  must('nsenter', result, { ENOENT: 'it is part of util-linux' });
  throw new Error('exec has come back');
}
