// How a guest's connection opens (those of forwards: incoming.ts). The guest hears "yes" only after the host has said it:
// SYN in, connect() out; connected in, SYN-ACK out; refused in, RST or an ICMP error out.
import * as Ipv4 from '@reslirp/wire/ipv4';
import { Flag, HEADER } from '@reslirp/wire/tcp';
import { Drop } from '../drop.ts';
import type { Endpoint } from '../endpoint.ts';
import { Refusal, type TcpEvents } from '../host.ts';
import { NONE } from '../key-table.ts';
import type { Packet } from '../packet.ts';
import { Verdict } from '../routes.ts';
import { abort } from './closing.ts';
import type { Context } from './context.ts';
import { refuse } from './emit.ts';
import { Ev } from './events.ts';
import { Flow } from './flow.ts';
import type { Connect } from './guest-forwards.ts';
import { watchSilence } from './keepalive.ts';
import { negotiate, sendMss } from './negotiation.ts';
import { NewReno } from './new-reno.ts';
import { drain } from './pump.ts';
import { Rack } from './rack.ts';
import type { Segment } from './segment.ts';
import { seq } from './seq.ts';
import { Timer } from './timers.ts';

/** Of the TOS byte: RFC 2474. The rest is ECN, which is each connection's own (RFC 3168). */
const DSCP = 0xfc;
/** Quoted in an ICMP error: any IP header, and a TCP header. */
const QUOTE = Ipv4.MAX_HEADER + HEADER;
/** What a host answers with a RST; the rest is a router's to say, in ICMP. */
const RESETS: ReadonlySet<Refusal> = new Set([Refusal.REFUSED, Refusal.RESET, Refusal.EXHAUSTED]);

/** A segment that belongs to no flow: RFC 9293 3.10.7.1 and 3.10.7.2. */
export function listen(c: Context, p: Packet, s: Segment): Drop {
  const { drops, routes } = c.env;
  const inner = c.env.guestForwards.find(p.to);
  const verdict = inner === null ? routes.tcp(p.to, c.to) : Verdict.HOST;
  if (verdict === Verdict.IGNORE || p.from.port === 0 || p.to.port === 0) return drops.count(Drop.POLICY);
  if (!isSyn(s)) {
    if (!s.has(Flag.RST)) refuse(c, p, s);
    return drops.count(Drop.TCP_NO_FLOW);
  }
  if (verdict !== Verdict.HOST && verdict !== Verdict.SERVICE) {
    if (verdict === Verdict.REFUSE) refuse(c, p, s);
    else c.env.errors.unreachable(p.b, p.ip, p.end, reasonOf(verdict), c.now);
    return drops.count(Drop.POLICY);
  }
  const f = admit(c, p, s);
  if (f === null) return drops.count(Drop.TCP_EXHAUSTED);
  connect(c, f, p, verdict, inner);
  return Drop.NO;
}

/** The other end of a new flow: what was configured for that place, a service, or a socket of the host. */
function connect(c: Context, f: Flow, p: Packet, verdict: Verdict, inner: Connect | null): void {
  const side = new HostSide(c, f);
  if (inner !== null) f.socket = inner(side);
  else if (verdict === Verdict.HOST) f.socket = c.env.host.connect(c.to, side, p.tos & DSCP, f);
  else f.socket = c.env.service(p.to)?.connect?.(p.from, p.to, side, c.now) ?? null;
  if (f.socket === null)
    refused(c, f, Refusal.REFUSED); // the service takes no more
  else c.timer(f, Timer.CONNECT, c.now + c.env.timeouts.tcpConnect);
}

/** Of a verdict that a router says, or a firewall. */
function reasonOf(verdict: Verdict): Refusal {
  return verdict === Verdict.PROHIBIT ? Refusal.DENIED : Refusal.NETWORK_UNREACHABLE;
}

function isSyn(s: Segment): boolean {
  return (s.flags & (Flag.SYN | Flag.ACK | Flag.RST | Flag.FIN)) === Flag.SYN;
}

/** A new flow for a SYN. The longest idle one makes room when the table is full. */
function admit(c: Context, p: Packet, s: Segment): Flow | null {
  const f = newFlow(c, p.from, p.to, sendMss(c, p.from, s));
  if (f === null) return null;
  negotiate(c, f, s);
  f.syn = p.b.slice(p.ip, Math.min(p.end, p.ip + QUOTE));
  c.raise(f, Ev.GUEST_SYN);
  return f;
}

/** A flow in no state yet; null when there is no place for it. `mss`: payload of a full segment. */
export function newFlow(c: Context, guest: Endpoint, remote: Endpoint, mss: number): Flow | null {
  if (c.table.full) {
    const oldest = c.at(c.table.oldest);
    if (oldest !== null) abort(c, oldest);
    c.counters.evicted++;
  }
  const slot = c.slot(guest, remote);
  if (slot === NONE) return null;
  const iss = seq(c.env.random() * 0x1_0000_0000);
  const tsOffset = (c.env.random() * 0x1_0000_0000) | 0;
  const { memory, now } = c;
  const [from, to] = [guest.copy(), remote.copy()];
  const f = new Flow({ slot, number: c.number(), guest: from, remote: to, iss, tsOffset, memory, now });
  f.mss = mss;
  c.keep(f);
  return f;
}

/** Both sides have said yes: bytes may flow. */
export function open(c: Context, f: Flow): void {
  c.raise(f, Ev.OPEN);
  f.syn = null;
  f.recovery = f.sack ? new Rack(f.mss, f.sndUna) : new NewReno(f.mss, f.sndUna);
  watchSilence(c, f);
  c.schedule(f);
}

/** The host refused: the guest learns why, as early as this. */
function refused(c: Context, f: Flow, why: Refusal): void {
  f.socket = null;
  c.counters.refused++;
  if (f.syn === null || RESETS.has(why)) {
    abort(c, f);
    return;
  }
  c.env.errors.unreachable(f.syn, 0, f.syn.length, why, c.now);
  c.remove(f);
}

/** The CONNECT timer. */
export function connectExpired(c: Context, f: Flow): void {
  c.counters.connectTimedOut++;
  f.socket?.abort();
  refused(c, f, Refusal.TIMED_OUT);
}

/** What the host tells about one flow, at whatever moment; what follows from it happens at the end of the turn. */
export class HostSide implements TcpEvents {
  readonly c: Context;
  readonly f: Flow;

  constructor(c: Context, f: Flow) {
    this.c = c;
    this.f = f;
  }

  opened(now: number): void {
    const { c, f } = this.#enter(now);
    if (!c.raise(f, Ev.HOST_OPEN)) return;
    c.counters.opened++;
    f.timers.stop(Timer.CONNECT);
    c.schedule(f);
  }

  refused(why: Refusal, now: number): void {
    const { c, f } = this.#enter(now);
    if (!f.has(Ev.CLOSED)) refused(c, f, why);
  }

  readable(now: number): void {
    const { c, f } = this.#enter(now);
    f.readable = true;
    c.schedule(f);
  }

  writable(now: number): void {
    const { c, f } = this.#enter(now);
    drain(c, f);
  }

  failed(_why: Refusal, now: number): void {
    const { c, f } = this.#enter(now);
    f.socket = null;
    c.counters.resetByHost++;
    abort(c, f);
  }

  #enter(now: number): this {
    this.c.now = now;
    return this;
  }
}
