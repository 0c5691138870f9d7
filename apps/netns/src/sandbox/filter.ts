// What a network never calls, and whoever breaks out of one would like to.
import { Denial, denySystemCalls, type SystemCall } from '@reslirp/syscall';
import { must } from '../must.ts';

const FATAL: readonly SystemCall[] = [
  'execve',
  'execveat',
  'ptrace',
  'process_vm_readv',
  'process_vm_writev',
  'pidfd_open',
  'pidfd_getfd',
  'pidfd_send_signal',
  'mount',
  'umount2',
  'pivot_root',
  'chroot',
  'open_tree',
  'move_mount',
  'fsopen',
  'fsconfig',
  'fsmount',
  'fspick',
  'mount_setattr',
  'setns',
  'unshare',
  'init_module',
  'finit_module',
  'delete_module',
  'kexec_load',
  'kexec_file_load',
  'reboot',
  'swapon',
  'swapoff',
  'acct',
  'syslog',
  'add_key',
  'request_key',
  'keyctl',
  'bpf',
  'perf_event_open',
  'userfaultfd',
  'name_to_handle_at',
  'open_by_handle_at',
  'settimeofday',
  'clock_settime',
  'adjtimex',
  'sethostname',
  'setdomainname',
  'iopl',
  'ioperm',
];
/** V8 names its memory with prctl(2), and libuv may ask for a ring: they go on without. */
const REFUSED: readonly SystemCall[] = ['prctl', 'io_uring_setup'];

/** For all threads, and for good. Throws a Failure. */
export function filterSystemCalls(): void {
  const denied: Partial<Record<SystemCall, Denial>> = {};
  for (const name of FATAL) denied[name] = Denial.KILL;
  for (const name of REFUSED) denied[name] = Denial.EPERM;
  const result = denySystemCalls(denied);
  must('seccomp', result > 0 ? -result : result, {
    EINVAL: 'this kernel has no seccomp filters',
    ENOSYS: 'this kernel has no seccomp',
  });
}
