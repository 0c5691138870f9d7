import { BindFault, Refusal } from '@reslirp/stack/host';
import { Errno } from '@reslirp/syscall';
import { expect, test } from 'vitest';
import { bindFaultOf, refusalOf } from './refusal.ts';

test.each([
  [Errno.ECONNREFUSED, Refusal.REFUSED],
  [Errno.EHOSTUNREACH, Refusal.HOST_UNREACHABLE],
  [Errno.ENETUNREACH, Refusal.NETWORK_UNREACHABLE],
  [Errno.EAFNOSUPPORT, Refusal.NETWORK_UNREACHABLE],
  [Errno.ETIMEDOUT, Refusal.TIMED_OUT],
  [Errno.EACCES, Refusal.DENIED],
  [Errno.EPERM, Refusal.DENIED],
  [Errno.ECONNRESET, Refusal.RESET],
  [Errno.EPIPE, Refusal.RESET],
  [Errno.EMFILE, Refusal.EXHAUSTED],
  [Errno.ENFILE, Refusal.EXHAUSTED],
  [Errno.EADDRNOTAVAIL, Refusal.EXHAUSTED],
  [Errno.EINVAL, Refusal.HOST_UNREACHABLE],
  [999, Refusal.HOST_UNREACHABLE],
])('the error %i is the refusal %i', (error, refusal) => expect(refusalOf(-error)).toBe(refusal));

test.each([
  [Errno.EADDRINUSE, BindFault.IN_USE],
  [Errno.EACCES, BindFault.DENIED],
  [Errno.EADDRNOTAVAIL, BindFault.NOT_LOCAL],
  [Errno.EMFILE, BindFault.EXHAUSTED],
])('the error %i is the fault %i', (error, fault) => expect(bindFaultOf(-error)).toBe(fault));
