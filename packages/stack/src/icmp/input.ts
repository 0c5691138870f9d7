// ICMP from the guest, RFC 792.
//
// Echo          to the gateway or the nameserver is answered here. To the outside it goes through the host (echo.ts), where the
//               host may: otherwise the guest hears that it is prohibited, and never a reply that its target did not send.
// Too big       what the guest's side says of a packet of ours: too-big.ts.
// Left out: other errors from the guest, replies, timestamps, and what RFC 6918 retired.
import * as Icmp4 from '@reslirp/wire/icmp4';
import { Drop, type DropCounters } from '../drop.ts';
import type { Network } from '../network.ts';
import type { Packet } from '../packet.ts';
import { isOwn, scope4 } from '../scope.ts';
import type { Outbound } from './outbound.ts';
import type { Icmp4Output } from './output.ts';
import type { TooBig } from './too-big.ts';

export interface Icmp4InputParts {
  readonly network: Network;
  readonly output: Icmp4Output;
  readonly drops: DropCounters;
  readonly outbound: Outbound;
  readonly tooBig: TooBig;
}

export class Icmp4Input {
  readonly #parts: Icmp4InputParts;

  constructor(parts: Icmp4InputParts) {
    this.#parts = parts;
  }

  input(p: Packet, now: number): Drop {
    const { network, drops, outbound, tooBig } = this.#parts;
    if (Icmp4.check(p.b, p.at, p.end) !== Icmp4.Malformed.NO) return drops.count(Drop.ICMP_MALFORMED);
    if (isTooBig(p)) return tooBig.input4(p, now);
    if (Icmp4.type(p.b, p.at) !== Icmp4.Type.ECHO) return drops.count(Drop.ICMP_UNANSWERED);
    return isOwn(scope4(network, p.to.ip4)) ? this.#reply(p) : outbound.send(p, now);
  }

  /** RFC 1122 3.2.2.6: the same data, identifier and sequence number, and the type of service it came with (RFC 1349 5.1). */
  #reply(p: Packet): Drop {
    const rest = Icmp4.rest(p.b, p.at);
    const data = p.at + Icmp4.HEADER;
    this.#parts.output.send(p.to, p.from, Icmp4.Type.ECHO_REPLY, 0, rest, p.tos, p.b, data, p.end);
    return Drop.NO;
  }
}

function isTooBig({ b, at }: Packet): boolean {
  return Icmp4.type(b, at) === Icmp4.Type.UNREACHABLE && Icmp4.code(b, at) === Icmp4.Unreachable.FRAGMENTATION_NEEDED;
}
