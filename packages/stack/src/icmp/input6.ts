// ICMPv6 from the guest, RFC 4443: echo as in IPv4 (input.ts), and neighbour discovery (ndp/). Reports of multicast listeners
// (RFC 3810) are for routers that bring what was sent to groups, and we are none.
import * as Icmp6 from '@reslirp/wire/icmp6';
import { Drop, type DropCounters } from '../drop.ts';
import type { Ndp } from '../ndp/ndp.ts';
import type { Router } from '../ndp/router.ts';
import type { Network } from '../network.ts';
import type { Packet } from '../packet.ts';
import { isOwn, scope } from '../scope.ts';
import type { Outbound } from './outbound.ts';
import type { Icmp6Output } from './output6.ts';
import type { TooBig } from './too-big.ts';

export interface Icmp6InputParts {
  readonly network: Network;
  readonly output: Icmp6Output;
  readonly drops: DropCounters;
  readonly outbound: Outbound;
  readonly tooBig: TooBig;
  readonly ndp: Ndp;
  readonly router: Router;
}

export class Icmp6Input {
  readonly #parts: Icmp6InputParts;

  constructor(parts: Icmp6InputParts) {
    this.#parts = parts;
  }

  input(p: Packet, now: number): Drop {
    const { drops, ndp, router, tooBig } = this.#parts;
    if (Icmp6.check(p.b, p.at, p.end, p.pseudo) !== Icmp6.Malformed.NO) return drops.count(Drop.ICMP_MALFORMED);
    switch (Icmp6.type(p.b, p.at)) {
      case Icmp6.Type.ECHO:
        return this.#echo(p, now);
      case Icmp6.Type.TOO_BIG:
        return tooBig.input6(p, now);
      case Icmp6.Type.NEIGHBOUR_SOLICITATION:
        return ndp.solicited(p);
      case Icmp6.Type.NEIGHBOUR_ADVERTISEMENT:
        return ndp.advertised(p);
      case Icmp6.Type.ROUTER_SOLICITATION:
        return router.solicited(p, now);
      case Icmp6.Type.LISTENER_REPORT:
      case Icmp6.Type.LISTENER_REPORT_2:
      case Icmp6.Type.LISTENER_DONE:
        return drops.count(Drop.GROUP_MEMBERSHIP);
      default:
        return drops.count(Drop.ICMP_UNANSWERED);
    }
  }

  /** To a group, nobody answers: RFC 4443 4.2 lets us. */
  #echo(p: Packet, now: number): Drop {
    const { network, output, outbound, drops } = this.#parts;
    if (p.to.w0 >>> 24 === 0xff) return drops.count(Drop.ICMP_UNANSWERED);
    if (!isOwn(scope(network, p.to))) return outbound.send(p, now);
    const data = p.at + Icmp6.HEADER;
    output.send(p.to, p.from, Icmp6.Type.ECHO_REPLY, 0, Icmp6.rest(p.b, p.at), p.tos, p.b, data, p.end);
    return Drop.NO;
  }
}
