// ICMP errors toward the guest, RFC 792, RFC 1122 3.2.2 and RFC 1812 4.3.2: why a packet went no further.
//
// Who says it   beyond the host whoever said it there, under his own address; else the destination itself where a host would have said so (port and protocol unreachable), else the gateway.
// Quoted        as much of the packet as fits into 576 bytes (RFC 1812 4.3.2.3), which is libslirp's 548 as well.
// Never about   ICMP errors, groups, later fragments, and packets without a guest as their source (RFC 1122 3.2.2).
// At most 200 a second and 50 at once (RFC 1812 4.3.2.8): a scan of closed ports is no reason for a storm.
import * as Icmp4 from '@reslirp/wire/icmp4';
import * as Ipv4 from '@reslirp/wire/ipv4';
import { Endpoint } from '../endpoint.ts';
import { Refusal, type Report } from '../host.ts';
import type { IpErrors } from '../ip/output.ts';
import type { Network } from '../network.ts';
import { isOwn, Scope, scope4 } from '../scope.ts';
import type { Icmp4Output } from './output.ts';
import { TokenBucket } from './token-bucket.ts';

const PER_SECOND = 200;
const BURST = 50;
/** RFC 1812 4.3.2.3 */
const MAX_MESSAGE = 576;
/** RFC 792: what is quoted at least, beside the IP header. */
const MIN_QUOTE = 8;

const { Unreachable } = Icmp4;

/** How a refusal of the host is said by ICMP. */
const CODES: Readonly<Record<Refusal, number>> = {
  [Refusal.REFUSED]: Unreachable.PORT,
  [Refusal.HOST_UNREACHABLE]: Unreachable.HOST,
  [Refusal.NETWORK_UNREACHABLE]: Unreachable.NETWORK,
  [Refusal.TIMED_OUT]: Unreachable.HOST,
  [Refusal.DENIED]: Unreachable.ADMINISTRATIVE,
  [Refusal.RESET]: Unreachable.PORT,
  [Refusal.EXHAUSTED]: Unreachable.HOST,
};

export class Icmp4Errors implements IpErrors {
  /** Sent, and kept back by the rate. */
  sent: number = 0;
  suppressed: number = 0;
  readonly #network: Network;
  readonly #output: Pick<Icmp4Output, 'send'>;
  readonly #bucket: TokenBucket = new TokenBucket(PER_SECOND, BURST);
  readonly #from: Endpoint = new Endpoint();
  readonly #to: Endpoint = new Endpoint();

  constructor(network: Network, output: Pick<Icmp4Output, 'send'>) {
    this.#network = network;
    this.#output = output;
  }

  unreachable(b: Uint8Array, at: number, end: number, why: Refusal, now: number): void {
    const code = CODES[why];
    this.#send(b, at, end, Icmp4.Type.UNREACHABLE, code, code === Unreachable.PORT, now);
  }

  report(b: Uint8Array, at: number, end: number, { by, type, code, mtu }: Report, now: number): void {
    if (!Icmp4.isError(type) || !by.is4 || !this.#mayAnswer(b, at, end) || !this.#mayGo(now)) return;
    this.#seenAs(this.#from.set(by));
    this.#say(type, code, mtu & 0xffff, b, at, end);
  }

  protocolUnreachable(b: Uint8Array, at: number, end: number, now: number): void {
    this.#send(b, at, end, Icmp4.Type.UNREACHABLE, Unreachable.PROTOCOL, false, now);
  }

  /** Its TTL ended here. */
  hopsExceeded(b: Uint8Array, at: number, end: number, now: number): void {
    this.#send(b, at, end, Icmp4.Type.TIME_EXCEEDED, Icmp4.Exceeded.TTL, false, now);
  }

  /** The rest of it did not come in time; quoted is the first fragment. */
  reassemblyExceeded(b: Uint8Array, at: number, end: number, now: number): void {
    this.#send(b, at, end, Icmp4.Type.TIME_EXCEEDED, Icmp4.Exceeded.REASSEMBLY, false, now);
  }

  /** `byTarget`: the destination of the packet says it, be it ours or not. */
  #send(b: Uint8Array, at: number, end: number, type: number, code: number, byTarget: boolean, now: number): void {
    if (!this.#mayAnswer(b, at, end) || !this.#mayGo(now)) return;
    const target = Ipv4.dst(b, at);
    const said = byTarget || isOwn(scope4(this.#network, target)) ? target : this.#network.gateway4;
    this.#from.set4(said, 0);
    this.#say(type, code, 0, b, at, end);
  }

  /** From #from, to whoever sent the packet. */
  #say(type: number, code: number, rest: number, b: Uint8Array, at: number, end: number): void {
    const to = this.#to.set4(Ipv4.src(b, at), 0);
    const quote = Math.min(MAX_MESSAGE, this.#network.mtu) - Ipv4.HEADER - Icmp4.HEADER;
    if (this.#output.send(this.#from, to, type, code, rest, 0, b, at, Math.min(end, at + quote))) this.sent++;
  }

  #mayGo(now: number): boolean {
    if (this.#bucket.take(now)) return true;
    this.suppressed++;
    return false;
  }

  /** Who reports from this machine, or as one of us, is the gateway to the guest. */
  #seenAs(by: Endpoint): void {
    if (scope4(this.#network, by.ip4) !== Scope.OUTSIDE) by.set4(this.#network.gateway4, 0);
  }

  #mayAnswer(b: Uint8Array, at: number, end: number): boolean {
    if (end - at < Ipv4.HEADER || Ipv4.fragmentOffset(b, at) !== 0) return false;
    const payload = at + Ipv4.headerLength(b, at);
    if (payload + MIN_QUOTE > end) return false;
    if (Ipv4.protocol(b, at) === Ipv4.Protocol.ICMP && Icmp4.isError(Icmp4.type(b, payload))) return false;
    if (scope4(this.#network, Ipv4.src(b, at)) !== Scope.INSIDE) return false;
    const to = scope4(this.#network, Ipv4.dst(b, at));
    return to === Scope.OUTSIDE || to === Scope.INSIDE || isOwn(to);
  }
}
