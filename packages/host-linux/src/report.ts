// What a socket's error queue says, as the stack understands it.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Report } from '@reslirp/stack/host';
import { ErrorOrigin, type ErrorQueue } from '@reslirp/syscall';

/** RFC 792 destination unreachable, fragmentation needed (RFC 1191). */
const UNREACHABLE = 3;
const TOO_BIG = 4;

/** One object, reused. */
export class QueuedReport implements Report {
  readonly by: Endpoint = new Endpoint();
  type: number = 0;
  code: number = 0;
  mtu: number = 0;

  /** The error at hand; null when it was not ICMP of IPv4 that brought it, or nobody knows who sent that. */
  of(errors: ErrorQueue): this | null {
    if (errors.origin !== ErrorOrigin.ICMP || !errors.offender(this.by)) return null;
    this.type = errors.type;
    this.code = errors.code;
    this.mtu = errors.type === UNREACHABLE && errors.code === TOO_BIG ? errors.info : 0;
    return this;
  }
}
