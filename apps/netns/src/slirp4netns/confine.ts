// From a process with privileges to one without: all threads of a program have the privileges that it was executed with, and
// Node starts its threads before it runs a line of ours. So everything is given up first, and then the program is executed.
import { fileURLToPath } from 'node:url';
import { Capability, Errno, Fcntl, forbidWriting, libc, limitCapabilities, noNewPrivileges } from '@reslirp/syscall';
import { must } from '../must.ts';
import { newRoot } from '../sandbox/root.ts';
import { PROGRAM } from './options.ts';
import { descriptorsOf, type Task } from './task.ts';

const CONFINED = fileURLToPath(new URL('./confined.js', import.meta.url));

/** Becomes the program that carries `task` without privileges. Throws a Failure. */
export function confine(task: Task): never {
  const rest: Task = { ...task, oldRoot: newRoot() };
  must('no_new_privs', noNewPrivileges());
  const landlock = forbidWriting();
  if (landlock !== -Errno.ENOSYS && landlock !== -Errno.EOPNOTSUPP) must('landlock', landlock);
  must('capabilities', limitCapabilities(Capability.NET_BIND_SERVICE));
  for (const fd of [0, 1, 2, ...descriptorsOf(rest)]) libc.fcntl(fd, Fcntl.SETFD, 0); // Node closes them on exec
  must(PROGRAM, libc.execvp(process.execPath, [process.execPath, CONFINED, JSON.stringify(rest)]));
  throw new Error('exec has come back');
}
