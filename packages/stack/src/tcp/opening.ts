// How a guest's connection opens. The guest hears "yes" only after the host has said it:
// SYN in, connect() out; connected in, SYN-ACK out; refused in, RST or an ICMP error out.
import * as Ipv4 from '@reslirp/wire/ipv4';
import { Flag, HEADER } from '@reslirp/wire/tcp';
import { Drop } from '../drop.ts';
import { Refusal, type TcpEvents } from '../host.ts';
import { NONE } from '../key-table.ts';
import type { Packet } from '../packet.ts';
import { Verdict } from '../routes.ts';
import { abort } from './closing.ts';
import type { Context } from './context.ts';
import { refuse } from './emit.ts';
import { Ev } from './events.ts';
import { Flow } from './flow.ts';
import { drain, fill } from './pump.ts';
import { Reno } from './reno.ts';
import type { Segment } from './segment.ts';
import { add, seq } from './seq.ts';

/** RFC 9293 3.7.1: what a guest that says nothing can take. */
const DEFAULT_MSS = 536;
/** A guest may ask for less than this, and is not believed: headers would outweigh the bytes. */
const LEAST_MSS = 64;
/** A window that the guest may fill before the first growth. */
const FIRST_WINDOW = 1 << 18;
const MAX_UNSCALED = 0xffff;
/** Quoted in an ICMP error: any IP header, and a TCP header. */
const QUOTE = Ipv4.MAX_HEADER + HEADER;
/** What a host answers with a RST; the rest is a router's to say, in ICMP. */
const RESETS: ReadonlySet<Refusal> = new Set([Refusal.REFUSED, Refusal.RESET, Refusal.EXHAUSTED]);

/** A segment that belongs to no flow: RFC 9293 3.10.7.1 and 3.10.7.2. */
export function listen(c: Context, p: Packet, s: Segment): Drop {
  const { drops, routes, host } = c.env;
  const verdict = routes.tcp(p.to, 0, c.to);
  if (verdict === Verdict.IGNORE || p.from.port === 0 || p.to.port === 0) return drops.count(Drop.POLICY);
  if (!isSyn(s)) {
    if (!s.has(Flag.RST)) refuse(c, p, s);
    return drops.count(Drop.TCP_NO_FLOW);
  }
  if (verdict !== Verdict.HOST) {
    if (verdict === Verdict.REFUSE) refuse(c, p, s);
    else c.env.errors.unreachable(p.b, p.ip, p.end, Refusal.NETWORK_UNREACHABLE, c.now);
    return drops.count(Drop.POLICY);
  }
  const f = admit(c, p, s);
  if (f === null) return drops.count(Drop.TCP_EXHAUSTED);
  f.socket = host.connect(c.to, new HostSide(c, f));
  return Drop.NO;
}

function isSyn(s: Segment): boolean {
  return (s.flags & (Flag.SYN | Flag.ACK | Flag.RST | Flag.FIN)) === Flag.SYN;
}

/** A new flow for a SYN. The longest idle one makes room when the table is full. */
function admit(c: Context, p: Packet, s: Segment): Flow | null {
  if (c.table.full) {
    const oldest = c.at(c.table.oldest);
    if (oldest !== null) abort(c, oldest);
    c.counters.evicted++;
  }
  const slot = c.slot(p.from, p.to);
  if (slot === NONE) return null;
  const iss = seq(c.env.random() * 0x1_0000_0000);
  const mss = sendMss(c, p, s);
  const tsOffset = (c.env.random() * 0x1_0000_0000) | 0;
  const f = new Flow(slot, p.from.copy(), p.to.copy(), iss, tsOffset, c.memory, new Reno(mss, iss));
  f.mss = mss;
  negotiate(c, f, s);
  f.syn = p.b.slice(p.ip, Math.min(p.end, p.ip + QUOTE));
  f.heardAt = c.now;
  c.keep(f);
  c.raise(f, Ev.GUEST_SYN);
  return f;
}

/** Payload of a full segment: the guest's MSS or what IP carries, less the options of every segment (RFC 6691). */
function sendMss(c: Context, p: Packet, s: Segment): number {
  const offered = s.options.mss < 0 ? DEFAULT_MSS : Math.max(s.options.mss, LEAST_MSS);
  const options = s.options.timestamps ? 12 : 0;
  return Math.min(offered, c.env.ip.limit(p.from) - HEADER) - options;
}

function negotiate(c: Context, f: Flow, s: Segment): void {
  f.irs = s.seq;
  f.rcvNxt = f.rcvAdv = f.rcvAcked = f.rcvGrownAt = add(s.seq, 1);
  f.sndWnd = f.sndWndMax = s.window;
  f.sndWl1 = s.seq;
  f.sndWl2 = f.iss;
  f.scaling = s.options.windowScale >= 0;
  if (f.scaling) {
    f.sndScale = s.options.windowScale;
    while (c.env.buffer >>> f.rcvScale > MAX_UNSCALED) f.rcvScale++;
  }
  f.rcvLimitMost = f.scaling ? c.env.buffer : MAX_UNSCALED;
  f.rcvLimit = Math.min(f.rcvLimitMost, FIRST_WINDOW);
  f.sack = s.options.sackPermitted;
  f.timestamps = s.options.timestamps;
  f.tsRecent = s.options.tsVal;
  f.tsRecentAt = c.now;
}

/** The host refused. A service may know another address (DNS); else the guest learns why, as early as this. */
function dialNext(c: Context, f: Flow, why: Refusal): void {
  f.socket = null;
  if (c.env.routes.tcp(f.remote, ++f.dialled, c.to) === Verdict.HOST) {
    f.socket = c.env.host.connect(c.to, new HostSide(c, f));
    return;
  }
  c.counters.refused++;
  if (f.syn === null || RESETS.has(why)) {
    abort(c, f);
    return;
  }
  c.env.errors.unreachable(f.syn, 0, f.syn.length, why, c.now);
  c.remove(f);
}

/** What the host tells about one flow, at whatever moment; what follows from it happens at the end of the turn. */
class HostSide implements TcpEvents {
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
    c.schedule(f);
  }

  refused(why: Refusal, now: number): void {
    const { c, f } = this.#enter(now);
    if (!f.has(Ev.CLOSED)) dialNext(c, f, why);
  }

  readable(now: number): void {
    const { c, f } = this.#enter(now);
    f.readable = true;
    fill(c, f);
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
