// What a socket's error queue says, as the stack understands it.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Report } from '@reslirp/stack/host';
import { ErrorOrigin, type ErrorQueue } from '@reslirp/syscall';

/** RFC 792 destination unreachable, fragmentation needed (RFC 1191). */
const UNREACHABLE = 3;
const TOO_BIG = 4;
/** RFC 4443 3.2 */
const TOO_BIG6 = 2;

/** One object, reused. */
export class QueuedReport implements Report {
  readonly by: Endpoint = new Endpoint();
  type: number = 0;
  code: number = 0;
  mtu: number = 0;

  /** The error at hand; null when it was not ICMP that brought it, or nobody knows who sent that. */
  of(errors: ErrorQueue): this | null {
    const { origin, type, code, info } = errors;
    const isIcmp = origin === ErrorOrigin.ICMP || origin === ErrorOrigin.ICMP6;
    if (!isIcmp || !errors.offender(this.by)) return null;
    this.type = type;
    this.code = code;
    const isTooBig = origin === ErrorOrigin.ICMP6 ? type === TOO_BIG6 : type === UNREACHABLE && code === TOO_BIG;
    this.mtu = isTooBig ? info : 0;
    return this;
  }
}
