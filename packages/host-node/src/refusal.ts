// What the operating system said, as the stack understands it.
import { BindFault, Refusal } from '@reslirp/stack/host';

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ECONNREFUSED: Refusal.REFUSED,
  ENOENT: Refusal.REFUSED, // of a unix socket
  EHOSTUNREACH: Refusal.HOST_UNREACHABLE,
  EHOSTDOWN: Refusal.HOST_UNREACHABLE,
  ENETUNREACH: Refusal.NETWORK_UNREACHABLE,
  ENETDOWN: Refusal.NETWORK_UNREACHABLE,
  EAFNOSUPPORT: Refusal.NETWORK_UNREACHABLE,
  ETIMEDOUT: Refusal.TIMED_OUT,
  EACCES: Refusal.DENIED,
  EPERM: Refusal.DENIED,
  ECONNRESET: Refusal.RESET,
  ECONNABORTED: Refusal.RESET,
  ENOTCONN: Refusal.RESET,
  EPIPE: Refusal.RESET,
  EMFILE: Refusal.EXHAUSTED,
  ENFILE: Refusal.EXHAUSTED,
  ENOBUFS: Refusal.EXHAUSTED,
  ENOMEM: Refusal.EXHAUSTED,
  EADDRINUSE: Refusal.EXHAUSTED,
  EADDRNOTAVAIL: Refusal.EXHAUSTED,
  EAGAIN: Refusal.EXHAUSTED,
};

/** Codes that are in no table (EINVAL for an address that cannot be a destination, …) are an unreachable host. */
export function refusalOf(error: Error): Refusal {
  return REFUSALS[(error as NodeJS.ErrnoException).code ?? ''] ?? Refusal.HOST_UNREACHABLE;
}

const FAULTS: Readonly<Record<string, BindFault>> = {
  EADDRINUSE: BindFault.IN_USE,
  EACCES: BindFault.DENIED,
  EPERM: BindFault.DENIED,
  EROFS: BindFault.DENIED,
  EADDRNOTAVAIL: BindFault.NOT_LOCAL,
  EAFNOSUPPORT: BindFault.NOT_LOCAL,
  ENOENT: BindFault.NOT_LOCAL,
  ENOTDIR: BindFault.NOT_LOCAL,
};

/** The same for a local endpoint that could not be had. */
export function bindFaultOf(error: Error): BindFault {
  return FAULTS[(error as NodeJS.ErrnoException).code ?? ''] ?? BindFault.EXHAUSTED;
}
