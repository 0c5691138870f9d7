// ICMPv6 errors toward the guest, RFC 4443: as errors.ts, in the words of IPv6. Quoted is as much as fits into 1,280 bytes
// (2.4 c); never about ICMPv6 errors and redirects, groups, and packets without a guest as their source (2.4 e).
import * as Icmp6 from '@reslirp/wire/icmp6';
import * as Ipv6 from '@reslirp/wire/ipv6';
import { Endpoint } from '../endpoint.ts';
import { Refusal, type Report } from '../host.ts';
import type { IpErrors } from '../ip/output.ts';
import type { Network, Network6 } from '../network.ts';
import { isLinkLocal, isOwn, Scope, scope } from '../scope.ts';
import type { Icmp6Output } from './output6.ts';
import { TokenBucket } from './token-bucket.ts';

/** RFC 4443 2.4 (f) leaves the rate open: as for IPv4. */
const PER_SECOND = 200;
const BURST = 50;

const { Unreachable } = Icmp6;

/** How a refusal of the host is said by ICMPv6. */
const CODES: Readonly<Record<Refusal, number>> = {
  [Refusal.REFUSED]: Unreachable.PORT,
  [Refusal.HOST_UNREACHABLE]: Unreachable.ADDRESS,
  [Refusal.NETWORK_UNREACHABLE]: Unreachable.NO_ROUTE,
  [Refusal.TIMED_OUT]: Unreachable.ADDRESS,
  [Refusal.DENIED]: Unreachable.ADMINISTRATIVE,
  [Refusal.RESET]: Unreachable.PORT,
  [Refusal.EXHAUSTED]: Unreachable.ADDRESS,
};

export class Icmp6Errors implements IpErrors {
  /** Sent, and kept back by the rate. */
  sent: number = 0;
  suppressed: number = 0;
  readonly #network: Network;
  readonly #v6: Network6;
  readonly #output: Pick<Icmp6Output, 'send'>;
  readonly #bucket: TokenBucket = new TokenBucket(PER_SECOND, BURST);
  readonly #from: Endpoint = new Endpoint();
  readonly #to: Endpoint = new Endpoint();
  readonly #upper: Ipv6.Upper = Ipv6.blank();

  constructor(network: Network, v6: Network6, output: Pick<Icmp6Output, 'send'>) {
    this.#network = network;
    this.#v6 = v6;
    this.#output = output;
  }

  unreachable(b: Uint8Array, at: number, end: number, why: Refusal, now: number): void {
    const code = CODES[why];
    this.#send(b, at, end, Icmp6.Type.UNREACHABLE, code, 0, code === Unreachable.PORT, now);
  }

  report(b: Uint8Array, at: number, end: number, { by, type, code, mtu }: Report, now: number): void {
    if (!Icmp6.isError(type) || by.is4 || !this.#mayAnswer(b, at, end) || !this.#mayGo(now)) return;
    this.#from.set(scope(this.#network, by) === Scope.OUTSIDE ? by : this.#v6.gateway);
    this.#say(type, code, type === Icmp6.Type.TOO_BIG ? mtu : 0, b, at, end);
  }

  /** RFC 4443 3.1: the source's address means nothing out there. */
  beyondScope(b: Uint8Array, at: number, end: number, now: number): void {
    this.#send(b, at, end, Icmp6.Type.UNREACHABLE, Unreachable.SCOPE, 0, false, now);
  }

  /** Its hop limit ended here. */
  hopsExceeded(b: Uint8Array, at: number, end: number, now: number): void {
    this.#send(b, at, end, Icmp6.Type.TIME_EXCEEDED, Icmp6.Exceeded.HOP_LIMIT, 0, false, now);
  }

  /** The rest of it did not come in time; quoted is the first fragment. */
  reassemblyExceeded(b: Uint8Array, at: number, end: number, now: number): void {
    this.#send(b, at, end, Icmp6.Type.TIME_EXCEEDED, Icmp6.Exceeded.REASSEMBLY, 0, false, now);
  }

  /** RFC 4443 3.4; `pointer`: offset in the packet. An unknown option may be told about to a group as well (2.4 e.3). */
  problem(b: Uint8Array, at: number, end: number, code: number, pointer: number, now: number): void {
    this.#send(b, at, end, Icmp6.Type.PARAMETER_PROBLEM, code, pointer, false, now);
  }

  /** `byTarget`: the destination of the packet says it, be it ours or not. */
  #send(
    b: Uint8Array,
    at: number,
    end: number,
    type: number,
    code: number,
    rest: number,
    byTarget: boolean,
    now: number,
  ): void {
    const toGroup = type === Icmp6.Type.PARAMETER_PROBLEM && code === Icmp6.Problem.OPTION;
    if (!this.#mayAnswer(b, at, end, toGroup) || !this.#mayGo(now)) return;
    const target = this.#from.set6(b, at + Ipv6.DST, 0);
    const isGroup = target.w0 >>> 24 === 0xff;
    if (isGroup || (!byTarget && !isOwn(scope(this.#network, target)))) target.set(this.#gatewayFor(b, at));
    this.#say(type, code, rest, b, at, end);
  }

  /** From #from, to whoever sent the packet. */
  #say(type: number, code: number, rest: number, b: Uint8Array, at: number, end: number): void {
    const to = this.#to.set6(b, at + Ipv6.SRC, 0);
    const quote = Math.min(Ipv6.MIN_MTU, this.#network.mtu) - Ipv6.HEADER - Icmp6.HEADER;
    if (this.#output.send(this.#from, to, type, code, rest, 0, b, at, Math.min(end, at + quote))) this.sent++;
  }

  /** RFC 6724 5: an address of the scope of who is told. */
  #gatewayFor(b: Uint8Array, at: number): Endpoint {
    return isLinkLocal(this.#to.set6(b, at + Ipv6.SRC, 0)) ? this.#v6.linkGateway : this.#v6.gateway;
  }

  #mayGo(now: number): boolean {
    if (this.#bucket.take(now)) return true;
    this.suppressed++;
    return false;
  }

  #mayAnswer(b: Uint8Array, at: number, end: number, toGroup: boolean = false): boolean {
    if (end - at < Ipv6.HEADER || this.#isError(b, at, end)) return false;
    if (scope(this.#network, this.#to.set6(b, at + Ipv6.SRC, 0)) !== Scope.INSIDE) return false;
    const to = scope(this.#network, this.#to.set6(b, at + Ipv6.DST, 0));
    if (to === Scope.BROADCAST || to === Scope.MULTICAST) return toGroup;
    return to === Scope.OUTSIDE || to === Scope.INSIDE || isOwn(to);
  }

  /** RFC 4443 2.4 (e.1), (e.2); of a packet that is cut off, as far as one can see. */
  #isError(b: Uint8Array, at: number, end: number): boolean {
    if (Ipv6.end(b, at) > end) return Ipv6.next(b, at) === Ipv6.Next.ICMP6 && isErrorAt(b, at + Ipv6.HEADER, end);
    const upper = this.#upper;
    Ipv6.walk(b, at, upper);
    const isFirst = upper.fragment < 0 || Ipv6.fragmentOffset(b, upper.fragment) === 0;
    return isFirst && upper.protocol === Ipv6.Next.ICMP6 && isErrorAt(b, upper.at, end);
  }
}

function isErrorAt(b: Uint8Array, at: number, end: number): boolean {
  if (at >= end) return false;
  const type = Icmp6.type(b, at);
  return Icmp6.isError(type) || type === Icmp6.Type.REDIRECT;
}
