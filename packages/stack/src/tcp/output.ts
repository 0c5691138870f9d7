// What a flow says at the end of a turn: segments as far as both windows allow, and one ACK for all that came.
//
// No Nagle (RFC 9293 3.7.4): the host's application has already chosen its segments, and a turn joins what belongs together.
import { Flag } from '@reslirp/wire/tcp';
import { type Context, Served } from './context.ts';
import { emit, emitBare } from './emit.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import { fill } from './pump.ts';
import { repair, scheduleProbe } from './repair.ts';
import { add, after, before, distance } from './seq.ts';
import { Timer } from './timers.ts';

/** Bytes that one flow sends before the next one gets its turn. */
const QUANTUM = 1 << 17;
/** RFC 9293 3.8.6.3 allows 500 ms; Linux waits as long as this. */
const ACK_DELAY = 40;
/** RFC 5681 4.2: at least every second full segment is acknowledged at once. */
const ACK_EVERY = 2;

/** Milliseconds, and bytes: 8 Gbit/s. */
const NEAR = 1;
const NEAR_RING = 1 << 20;
/** Until ARP is looked at again, milliseconds. */
const FIRST_ARP_WAIT = 2;
const LONGEST_ARP_WAIT = 500;

/** Why no further segment leaves now. */
const Stop = { NOTHING_LEFT: 0, CWND: 1, WINDOW: 2, FULL: 3, QUANTUM: 4 } as const;
type Stop = (typeof Stop)[keyof typeof Stop];

/** Sends all that the flow may send now. */
export function output(c: Context, f: Flow): Served {
  if (!f.has(Ev.OPEN)) return f.has(Ev.HOST_OPEN) ? syn(c, f) : Served.DONE;
  fill(c, f);
  if (!repeated(c, f)) return Served.FULL;
  const stop = segments(c, f);
  f.limited = stop === Stop.CWND;
  timers(c, f, stop);
  if (stop === Stop.FULL || !acknowledgment(c, f)) return Served.FULL;
  return stop === Stop.QUANTUM ? Served.MORE : Served.DONE;
}

/** Our SYN, which acknowledges the guest's where that came first. */
function syn(c: Context, f: Flow): Served {
  if (f.sndNxt !== f.iss) return Served.DONE;
  if (!f.has(Ev.GUEST_SYN) && !c.env.ip.reachable(f.guest)) {
    // A guest that has said nothing yet: ARP has been asked, and the SYN need not be lost meanwhile
    c.timer(f, Timer.RETRANSMIT, c.now + Math.min(LONGEST_ARP_WAIT, FIRST_ARP_WAIT * 2 ** f.probes++));
    return Served.DONE;
  }
  if (!emit(c, f, Flag.SYN, f.iss, 0, 0)) return Served.FULL;
  sent(c, f, 1);
  c.timer(f, Timer.RETRANSMIT, c.now + f.rtt.rto);
  return Served.DONE;
}

/** What is lost leaves again, before anything new. False when the link is full. */
function repeated(c: Context, f: Flow): boolean {
  return f.recovery === null || f.recovery.flight.lost === 0 || repair(c, f, f.recovery);
}

function segments(c: Context, f: Flow): Stop {
  for (let left = QUANTUM; ; ) {
    if (f.unsent === 0 && !f.finDue && !refill(c, f)) return Stop.NOTHING_LEFT;
    const { cwndRoom } = f;
    const windowRoom = f.sndWnd - f.inFlight;
    const usable = Math.min(cwndRoom, windowRoom);
    const size = f.recovery?.flight.full === true ? -1 : segmentSize(c, f, usable);
    if (size < 0) return cwndRoom < windowRoom ? Stop.CWND : Stop.WINDOW;
    if (left <= 0) return Stop.QUANTUM;
    if (!segment(c, f, size, usable > size)) return Stop.FULL;
    left -= size;
  }
}

/** Payload bytes of the next segment within `usable`, 0 for a FIN alone; -1 when it has to wait. */
function segmentSize(c: Context, f: Flow, usable: number): number {
  const unsent = f.unsent;
  if (unsent === 0) return usable > 0 ? 0 : -1;
  const { mss } = f;
  const most = mayBeCut(c, f) ? c.env.segmentation - (c.env.segmentation % mss) : mss;
  const span = Math.min(unsent, most, f.send.contiguous(distance(f.sndNxt, f.sndUna)));
  if (span <= usable) return span;
  if (usable >= mss) return usable - (usable % mss);
  // RFC 9293 3.8.6.2.1: no silly windows, but a guest with small buffers gets what it can take
  return usable > 0 && usable * 2 >= f.sndWndMax ? usable : -1;
}

/** The link cuts larger segments; not before urgent data, for it would repeat the pointer in each part. */
function mayBeCut(c: Context, f: Flow): boolean {
  return c.env.segmentation > f.mss && !(f.urgent && after(f.sndUp, f.sndNxt));
}

/** Sends `size` bytes from SND.NXT, and the FIN when they are the last and there is a number for it in the window. */
function segment(c: Context, f: Flow, size: number, finFits: boolean): boolean {
  const offset = distance(f.sndNxt, f.sndUna);
  const last = offset + size === f.send.length;
  const fin = last && finFits && f.finDue;
  const flags = (fin ? Flag.FIN : 0) | (last && size > 0 ? Flag.PSH : 0);
  if (!emit(c, f, flags, f.sndNxt, offset, size)) return false;
  if (fin) c.raise(f, Ev.FIN_SENT);
  sent(c, f, size + (fin ? 1 : 0));
  return true;
}

/** SND.NXT moves by `length`. New data is timed, repeated data never (Karn). */
function sent(c: Context, f: Flow, length: number): void {
  if (before(f.sndNxt, f.sndMax)) c.counters.retransmitted++;
  else if (!f.timestamps && Number.isNaN(f.timedAt)) {
    f.timedEnd = add(f.sndNxt, length);
    f.timedAt = c.now;
  }
  f.sndNxt = add(f.sndNxt, length);
  if (after(f.sndNxt, f.sndMax)) f.sndMax = f.sndNxt;
  f.recovery?.sent(f.sndNxt, c.now);
}

/** All was sent, the windows are open, and the host has more: then it is the ring that is too small. */
function refill(c: Context, f: Flow): boolean {
  if (!f.readable || f.send.room > 0) return false;
  if (Math.min(f.cwndRoom, f.sndWnd - f.inFlight) <= 0 || !f.send.grow(mostRing(c, f))) return false;
  fill(c, f);
  return f.unsent > 0 || f.finDue;
}

/** A guest in this very machine answers faster than a larger ring leaves the processor's caches. */
function mostRing(c: Context, f: Flow): number {
  return f.rtt.srtt <= NEAR ? Math.min(NEAR_RING, c.env.buffer) : c.env.buffer;
}

/** RFC 6298 (5.1); RFC 9293 3.8.6.1: with nothing in flight no ACK will come, and a window update may have been lost. */
function timers(c: Context, f: Flow, stop: Stop): void {
  if (f.inFlight === 0 && stop === Stop.WINDOW) {
    if (!f.timers.running(Timer.PERSIST)) c.timer(f, Timer.PERSIST, c.now + f.rtt.rto);
    return;
  }
  f.timers.stop(Timer.PERSIST);
  f.probes = 0;
  if (f.inFlight === 0) return;
  if (!f.timers.running(Timer.RETRANSMIT)) c.timer(f, Timer.RETRANSMIT, c.now + f.rtt.rto);
  if (f.recovery !== null) scheduleProbe(c, f, f.recovery);
}

/** One ACK for the turn, unless a segment carried it. False when the link is full. */
function acknowledgment(c: Context, f: Flow): boolean {
  const received = distance(f.rcvNxt, f.rcvAcked);
  if (f.ackNow || received >= ACK_EVERY * f.rcvMss || windowOpened(f)) return emitBare(c, f);
  if (received > 0 && !f.timers.running(Timer.DELAYED_ACK)) c.timer(f, Timer.DELAYED_ACK, c.now + ACK_DELAY);
  return true;
}

/** RFC 9293 3.8.6.2.2: the guest is told when it runs short, and there is more than a little. */
function windowOpened(f: Flow): boolean {
  if (f.has(Ev.GUEST_FIN)) return false; // it has nothing more to send, and may be gone: the answer would be a RST
  const offered = distance(f.rcvAdv, f.rcvNxt);
  return offered < f.rcvLimit / 2 && f.rcvWnd - offered >= Math.min(f.rcvLimit / 2, ACK_EVERY * f.rcvMss);
}
