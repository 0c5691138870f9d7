// How a connection to the guest opens, which came in through a forward: the host side is open already, and we are the one who
// sends the first SYN (RFC 9293 3.5). What the client has written stays in its socket until the guest has answered; a guest
// that refuses resets the client.
import { Flag } from '@reslirp/wire/tcp';
import { Drop } from '../drop.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Client } from '../host.ts';
import type { Packet } from '../packet.ts';
import { acknowledge } from './acknowledge.ts';
import { resetByGuest } from './closing.ts';
import type { Context } from './context.ts';
import { refuse } from './emit.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import { negotiate, offerAll, sendMss } from './negotiation.ts';
import { HostSide, newFlow, open } from './opening.ts';
import type { Segment } from './segment.ts';
import { add } from './seq.ts';

/** Ports for clients whose own is taken under the address that the guest knows them by: RFC 6335 6. */
const PORTS = { first: 49_152, count: 16_384 } as const;
const TRIES = 32;

/** A client of a forward to `guest`. False when there is no place for it: then it is not taken. */
export function incoming(c: Context, client: Client, guest: Endpoint): boolean {
  const remote = c.to.set(client.from);
  c.env.routes.visitor(remote, guest);
  const f = hasName(c, guest, remote) ? newFlow(c, guest, remote, 0) : null;
  if (f === null) {
    c.counters.clientsRefused++;
    return false;
  }
  offerAll(c, f);
  c.raise(f, Ev.HOST_OPEN);
  f.socket = client.take(new HostSide(c, f), f);
  c.schedule(f);
  return true;
}

/** Gives `remote` another port while there is a flow of that name, or when it has none: so it is with unix sockets. */
function hasName(c: Context, guest: Endpoint, remote: Endpoint): boolean {
  for (let i = 0; i < TRIES; i++) {
    if (remote.port !== 0 && c.find(guest, remote) === null) return true;
    remote.port = PORTS.first + Math.floor(c.env.random() * PORTS.count);
  }
  return false;
}

/** A segment in SYN-SENT: RFC 9293 3.10.7.3. */
export function synSent(c: Context, f: Flow, p: Packet, s: Segment): Drop {
  const acks = s.has(Flag.ACK);
  const believable = acks && f.sndMax !== f.iss && s.ack === add(f.iss, 1);
  if (acks && !believable) {
    if (!s.has(Flag.RST)) refuse(c, p, s);
    return c.env.drops.count(Drop.TCP_UNACCEPTABLE);
  }
  if (s.has(Flag.RST)) {
    if (!believable) return c.env.drops.count(Drop.TCP_UNACCEPTABLE);
    c.counters.refused++;
    resetByGuest(c, f);
    return Drop.NO;
  }
  if (!s.has(Flag.SYN)) return c.env.drops.count(Drop.TCP_UNACCEPTABLE);
  agree(c, f, s);
  if (acks) established(c, f, s);
  else f.sndNxt = f.iss; // both opened at once: our SYN goes again, with an ACK
  c.schedule(f);
  return Drop.NO;
}

function agree(c: Context, f: Flow, s: Segment): void {
  negotiate(c, f, s);
  f.mss = sendMss(c, f.guest, s);
  c.raise(f, Ev.GUEST_SYN);
}

function established(c: Context, f: Flow, s: Segment): void {
  acknowledge(c, f, s);
  f.sndWnd = f.sndWndMax = s.window; // RFC 7323 2.2: of a SYN it is never scaled
  f.ackNow = true;
  c.counters.opened++;
  open(c, f);
}
