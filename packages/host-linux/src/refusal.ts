// What the system said, as the stack understands it.
import { BindFault, Refusal } from '@reslirp/stack/host';
import { Errno } from '@reslirp/syscall';

const REFUSALS: ReadonlyMap<number, Refusal> = new Map([
  [Errno.ECONNREFUSED, Refusal.REFUSED],
  [Errno.ENOENT, Refusal.REFUSED], // of a unix socket
  [Errno.EHOSTUNREACH, Refusal.HOST_UNREACHABLE],
  [Errno.EHOSTDOWN, Refusal.HOST_UNREACHABLE],
  [Errno.ENETUNREACH, Refusal.NETWORK_UNREACHABLE],
  [Errno.ENETDOWN, Refusal.NETWORK_UNREACHABLE],
  [Errno.EAFNOSUPPORT, Refusal.NETWORK_UNREACHABLE],
  [Errno.ETIMEDOUT, Refusal.TIMED_OUT],
  [Errno.EACCES, Refusal.DENIED],
  [Errno.EPERM, Refusal.DENIED],
  [Errno.ECONNRESET, Refusal.RESET],
  [Errno.ECONNABORTED, Refusal.RESET],
  [Errno.ENOTCONN, Refusal.RESET],
  [Errno.EPIPE, Refusal.RESET],
  [Errno.EMFILE, Refusal.EXHAUSTED],
  [Errno.ENFILE, Refusal.EXHAUSTED],
  [Errno.ENOBUFS, Refusal.EXHAUSTED],
  [Errno.ENOMEM, Refusal.EXHAUSTED],
  [Errno.EADDRINUSE, Refusal.EXHAUSTED],
  [Errno.EADDRNOTAVAIL, Refusal.EXHAUSTED],
  [Errno.EAGAIN, Refusal.EXHAUSTED],
]);

/** `result`: of a call, minus the error. Whatever is in no table (EINVAL for an impossible destination, …) is an unreachable host. */
export function refusalOf(result: number): Refusal {
  return REFUSALS.get(-result) ?? Refusal.HOST_UNREACHABLE;
}

const FAULTS: ReadonlyMap<number, BindFault> = new Map([
  [Errno.EADDRINUSE, BindFault.IN_USE],
  [Errno.EACCES, BindFault.DENIED],
  [Errno.EPERM, BindFault.DENIED],
  [Errno.EROFS, BindFault.DENIED],
  [Errno.EADDRNOTAVAIL, BindFault.NOT_LOCAL],
  [Errno.EAFNOSUPPORT, BindFault.NOT_LOCAL],
  [Errno.ENOENT, BindFault.NOT_LOCAL],
  [Errno.ENOTDIR, BindFault.NOT_LOCAL],
  [Errno.ENAMETOOLONG, BindFault.NOT_LOCAL],
]);

/** The same for a local endpoint that could not be had. */
export function bindFaultOf(result: number): BindFault {
  return FAULTS.get(-result) ?? BindFault.EXHAUSTED;
}
