// ICMP from the guest, RFC 792.
//
// Echo          to the gateway or the nameserver is answered here. To anybody else it is no echo of ours to give: the guest
//               hears that there is no way there, and never a reply that its target did not send.
// Left out: errors from the guest, replies, timestamps, and what RFC 6918 retired.
import * as Icmp4 from '@reslirp/wire/icmp4';
import { Drop, type DropCounters } from '../drop.ts';
import { Refusal } from '../host.ts';
import type { Network } from '../network.ts';
import type { Packet } from '../packet.ts';
import { isOwn, scope4 } from '../scope.ts';
import type { Icmp4Errors } from './errors.ts';
import type { Icmp4Output } from './output.ts';

export class Icmp4Input {
  readonly #network: Network;
  readonly #output: Icmp4Output;
  readonly #errors: Icmp4Errors;
  readonly #drops: DropCounters;

  constructor(network: Network, output: Icmp4Output, errors: Icmp4Errors, drops: DropCounters) {
    this.#network = network;
    this.#output = output;
    this.#errors = errors;
    this.#drops = drops;
  }

  input(p: Packet, now: number): Drop {
    if (Icmp4.check(p.b, p.at, p.end) !== Icmp4.Malformed.NO) return this.#drops.count(Drop.ICMP_MALFORMED);
    if (Icmp4.type(p.b, p.at) !== Icmp4.Type.ECHO) return this.#drops.count(Drop.ICMP_UNANSWERED);
    if (isOwn(scope4(this.#network, p.to.ip4))) return this.#reply(p);
    this.#errors.unreachable(p.b, p.ip, p.end, Refusal.NETWORK_UNREACHABLE, now);
    return this.#drops.count(Drop.ICMP_UNANSWERED);
  }

  /** RFC 1122 3.2.2.6: the same data, identifier and sequence number, and the type of service it came with (RFC 1349 5.1). */
  #reply(p: Packet): Drop {
    const rest = Icmp4.rest(p.b, p.at);
    const data = p.at + Icmp4.HEADER;
    this.#output.send(p.to, p.from, Icmp4.Type.ECHO_REPLY, 0, rest, p.tos, p.b, data, p.end);
    return Drop.NO;
  }
}
