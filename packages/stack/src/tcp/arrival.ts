// A segment for a flow that exists: RFC 9293 3.10.7.4, check by check, with RFC 5961 (blind attacks) and RFC 7323 (PAWS).
import { Flag } from '@reslirp/wire/tcp';
import { Drop } from '../drop.ts';
import type { Packet } from '../packet.ts';
import { acknowledge } from './acknowledge.ts';
import { challenge } from './challenge.ts';
import { closed, inTimeWait, prolongTimeWait, resetByGuest } from './closing.ts';
import type { Context } from './context.ts';
import { emitAck, refuse } from './emit.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import { synSent } from './incoming.ts';
import { listen, open } from './opening.ts';
import { receive } from './receive.ts';
import { noteAgain } from './sack.ts';
import type { Segment } from './segment.ts';
import { add, after, distance } from './seq.ts';

/** RFC 7323 5.5: after so long an idle time TS.Recent says nothing. Milliseconds. */
const OUTDATED = 24 * 86_400_000;

export function arrive(c: Context, f: Flow, p: Packet, s: Segment): Drop {
  f.heardAt = c.now;
  c.table.touch(f.slot);
  if (!f.has(Ev.GUEST_SYN)) return synSent(c, f, p, s);
  if (!f.has(Ev.HOST_OPEN)) return whileConnecting(c, f, p, s);
  if (s.has(Flag.SYN) && !s.has(Flag.ACK)) return synAgain(c, f, p, s);
  if (s.has(Flag.RST)) return reset(c, f, s);
  if (outdated(c, f, s)) return outside(c, f, s);
  if (!acceptable(f, s)) return unacceptable(c, f, s);
  if (s.has(Flag.SYN)) return unbelievable(c, f);
  if (!s.has(Flag.ACK)) return c.env.drops.count(Drop.TCP_UNACCEPTABLE);
  if (!f.has(Ev.OPEN) && !opens(f, s)) {
    refuse(c, p, s);
    return c.env.drops.count(Drop.TCP_UNACCEPTABLE);
  }
  noteTimestamp(c, f, s);
  if (!acknowledge(c, f, s)) return c.env.drops.count(Drop.TCP_UNACCEPTABLE);
  if (!f.has(Ev.OPEN)) open(c, f);
  if (!f.has(Ev.CLOSED)) receive(c, f, s);
  c.schedule(f);
  return Drop.NO;
}

/** The host has not answered yet: for the guest, its SYN has not even arrived. */
function whileConnecting(c: Context, f: Flow, p: Packet, s: Segment): Drop {
  if (s.has(Flag.RST)) {
    if (s.seq !== f.rcvNxt) return c.env.drops.count(Drop.TCP_OUT_OF_WINDOW);
    resetByGuest(c, f);
    return Drop.NO;
  }
  if (s.has(Flag.ACK) || !s.has(Flag.SYN)) {
    if (s.has(Flag.ACK)) refuse(c, p, s);
    return c.env.drops.count(Drop.TCP_UNACCEPTABLE);
  }
  if (s.seq === f.irs) return Drop.NO; // sent again: the answer comes when there is one
  resetByGuest(c, f); // another connection from the same port: the guest has forgotten the first
  return listen(c, p, s);
}

function synAgain(c: Context, f: Flow, p: Packet, s: Segment): Drop {
  if (!f.has(Ev.OPEN) && s.seq === f.irs) {
    f.sndNxt = f.iss; // our SYN-ACK was lost
    c.schedule(f);
    return Drop.NO;
  }
  if (inTimeWait(f) && renewed(f, s)) {
    closed(c, f);
    return listen(c, p, s);
  }
  return unbelievable(c, f); // RFC 5961 4.2: if it is meant, the guest answers the ACK with a RST
}

/** RFC 6191 2, RFC 9293 3.10.7.4: a SYN that cannot be an old one may reuse the port. */
function renewed(f: Flow, s: Segment): boolean {
  if (f.timestamps && s.options.timestamps && ((s.options.tsVal - f.tsRecent) | 0) > 0) return true;
  return after(s.seq, f.rcvNxt);
}

/** RFC 7323 5.3 R1 */
function outdated(c: Context, f: Flow, s: Segment): boolean {
  return (
    f.timestamps && s.options.timestamps && ((s.options.tsVal - f.tsRecent) | 0) < 0 && c.now - f.tsRecentAt < OUTDATED
  );
}

/**
 * RFC 9293 3.10.7.4, first: some of it lies in the window. A segment that begins at an edge counts as well: a guest that
 * has filled the window goes on from there, and to a closed window its ACKs are as good as ever.
 */
function acceptable(f: Flow, s: Segment): boolean {
  const start = distance(s.seq, f.rcvNxt);
  if (start >= 0) return start <= f.rcvWnd;
  return start + s.length > 0;
}

/**
 * What comes one number before what is expected is a probe: is our window still closed, do we still live? What it acknowledges
 * counts. Where both ends probe, and each has taken the other's byte, neither would believe the other ever again
 * (draft-gont-tcpm-tcp-seq-validation, which RFC 9293 3.10.7.4 names).
 */
function unacceptable(c: Context, f: Flow, s: Segment): Drop {
  const isProbe = distance(s.seq, f.rcvNxt) === -1 && s.has(Flag.ACK) && !s.has(Flag.SYN) && f.has(Ev.OPEN);
  if (isProbe) acknowledge(c, f, s);
  return f.has(Ev.CLOSED) ? c.env.drops.count(Drop.TCP_OUT_OF_WINDOW) : outside(c, f, s);
}

/** Not acceptable: data means that our ACK was lost, anything else may be forged. */
function outside(c: Context, f: Flow, s: Segment): Drop {
  if (s.length > 0) {
    if (f.sack) tellAgain(c, f, s);
    else f.ackNow = true; // one for the turn: more would be duplicates, of which the third has it all sent again
    c.schedule(f);
    if (s.has(Flag.FIN)) prolongTimeWait(c, f);
  } else challenge(c, f);
  return c.env.drops.count(Drop.TCP_OUT_OF_WINDOW);
}

/** RFC 2883 4: each segment that came in vain has an ACK of its own. */
function tellAgain(c: Context, f: Flow, s: Segment): void {
  const end = add(s.seq, s.end - s.at);
  noteAgain(f, s.seq, after(end, f.rcvNxt) ? s.seq : end);
  emitAck(c, f);
}

/** RFC 5961 3.2: only a RST with just the expected number is believed. */
function reset(c: Context, f: Flow, s: Segment): Drop {
  if (!acceptable(f, s)) return c.env.drops.count(Drop.TCP_OUT_OF_WINDOW);
  if (s.seq !== f.rcvNxt) return unbelievable(c, f);
  // For the guest all is over, in order; what it has sent may still be on its way into the host
  if (f.has(Ev.GUEST_FIN) && f.has(Ev.FIN_ACKED)) return c.env.drops.count(Drop.TCP_UNACCEPTABLE);
  resetByGuest(c, f);
  return Drop.NO;
}

function unbelievable(c: Context, f: Flow): Drop {
  challenge(c, f);
  return c.env.drops.count(Drop.TCP_UNACCEPTABLE);
}

/** RFC 7323 4.3 (2) and (3) */
function noteTimestamp(c: Context, f: Flow, s: Segment): void {
  if (!f.timestamps || !s.options.timestamps || after(s.seq, f.rcvAcked)) return;
  f.tsRecent = s.options.tsVal;
  f.tsRecentAt = c.now;
}

/** RFC 9293 3.10.7.4, fifth, SYN-RECEIVED: it acknowledges our SYN, and no more than we sent. */
function opens(f: Flow, s: Segment): boolean {
  return after(s.ack, f.iss) && !after(s.ack, f.sndMax);
}
