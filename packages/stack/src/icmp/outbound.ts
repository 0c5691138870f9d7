// A guest's echo request that is not for us: out through the host where that may (echo.ts), else the guest hears why not.
import { Drop, type DropCounters } from '../drop.ts';
import { Endpoint } from '../endpoint.ts';
import { Refusal } from '../host.ts';
import type { IpErrors } from '../ip/output.ts';
import type { Packet } from '../packet.ts';
import { type Routes, Verdict } from '../routes.ts';
import type { Echo } from './echo.ts';

export interface OutboundParts {
  readonly errors: IpErrors;
  readonly drops: DropCounters;
  readonly routes: Routes;
  readonly echo: Echo;
}

export class Outbound {
  readonly #parts: OutboundParts;
  readonly #to: Endpoint = new Endpoint();

  constructor(parts: OutboundParts) {
    this.#parts = parts;
  }

  send(p: Packet, now: number): Drop {
    const { routes, echo, errors, drops } = this.#parts;
    const verdict = routes.echo(p.to, this.#to);
    if (verdict === Verdict.HOST && echo.send(p, this.#to, p.hops - 1, now)) return Drop.NO;
    const denied = verdict === Verdict.HOST || verdict === Verdict.PROHIBIT;
    errors.unreachable(p.b, p.ip, p.end, denied ? Refusal.DENIED : Refusal.NETWORK_UNREACHABLE, now);
    return drops.count(Drop.ICMP_UNANSWERED);
  }
}
