// The wiring of IPv6, for networks that have it: create-stack.ts has the rest.

import type { Clock } from './clock.ts';
import type { Claims } from './ether/claims.ts';
import { Icmp6Errors } from './icmp/errors6.ts';
import { Icmp6Input } from './icmp/input6.ts';
import type { Outbound } from './icmp/outbound.ts';
import { Icmp6Output } from './icmp/output6.ts';
import type { TooBig } from './icmp/too-big.ts';
import { Ip6Input } from './ip/input6.ts';
import { Ip6Output } from './ip/output6.ts';
import type { PacketOutputParts } from './ip/packet-output.ts';
import type { ReassemblyRoom } from './ip/reassembly-room.ts';
import { Messages } from './ndp/messages.ts';
import { Ndp } from './ndp/ndp.ts';
import { Router } from './ndp/router.ts';
import type { Transport } from './packet.ts';
import type { Settings } from './settings.ts';

/** What sends to the guest. */
export interface Lower6 {
  readonly ndp: Ndp;
  readonly router: Router;
  readonly ip: Ip6Output;
  readonly icmp: Icmp6Output;
  readonly errors: Icmp6Errors;
}

export interface Lower6Parts extends PacketOutputParts {
  readonly clock: Clock;
  readonly claims: Claims;
  readonly random: () => number;
  readonly hasNameserver: boolean;
}

/** Null when the network has no IPv6. */
export function lower6({ advertise, restricted }: Settings, parts: Lower6Parts): Lower6 | null {
  const { network, hasNameserver } = parts;
  const { v6 } = network;
  if (v6 === null) return null;
  const messages = new Messages(parts);
  const ndp = new Ndp({ ...parts, v6, messages });
  const router = new Router({
    ...parts,
    v6,
    messages,
    advertised: advertise,
    hasNameserver: hasNameserver && !restricted,
    isRouter: !restricted,
  });
  const ip = new Ip6Output({ ...parts, ndp });
  const icmp = new Icmp6Output(ip);
  return { ndp, router, ip, icmp, errors: new Icmp6Errors(network, v6, icmp) };
}

export interface Upper6Parts extends Lower6Parts {
  readonly outbound: Outbound;
  readonly tooBig: TooBig;
  readonly room: ReassemblyRoom;
  readonly udp: Transport;
  readonly tcp: Transport;
}

/** What hears the guest. */
export function input6({ ndp, router, icmp: output, errors }: Lower6, parts: Upper6Parts): Ip6Input {
  const icmp = new Icmp6Input({ ...parts, output, ndp, router });
  return new Ip6Input({ ...parts, errors, icmp });
}
