// Deadlines that have passed.
import { Flag } from '@reslirp/wire/tcp';
import { closeExpired, giveUp } from './closing.ts';
import type { Context } from './context.ts';
import { emit } from './emit.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import { keepAlive } from './keepalive.ts';
import { connectExpired } from './opening.ts';
import { askForWindow, overtaken, probeTail } from './repair.ts';
import { add, after } from './seq.ts';
import { Timer } from './timers.ts';

/** R2 of RFC 9293 3.8.3: some five minutes with the exponential back-off. */
const ATTEMPTS = 12;
/** The same for our SYN-ACK. */
const SYN_ATTEMPTS = 5;
const LONGEST_PROBE = 60_000;
/** Nobody has the guest's address. */
const ARP_PATIENCE = 5_000;

/** Does what is due at `c.now`. */
export function expire(c: Context): void {
  for (let f = c.due(); f !== null; f = c.due()) {
    take(c, f);
    c.rearm(f);
  }
}

function take(c: Context, f: Flow): void {
  if (f.timers.take(Timer.RETRANSMIT, c.now)) retransmit(c, f);
  if (f.timers.take(Timer.PERSIST, c.now)) probe(c, f);
  if (f.timers.take(Timer.REORDER, c.now)) overtaken(c, f);
  if (f.timers.take(Timer.PROBE, c.now)) probeTail(c, f);
  if (f.timers.take(Timer.CONNECT, c.now)) connectExpired(c, f);
  if (f.timers.take(Timer.KEEPALIVE, c.now)) keepAlive(c, f);
  if (f.timers.take(Timer.CLOSE, c.now)) closeExpired(c, f);
  if (f.timers.take(Timer.DELAYED_ACK, c.now)) {
    f.ackNow = true;
    c.schedule(f);
  }
}

/** The SYN of a forward has not left: ARP found nobody so far. */
function stillUnknown(c: Context, f: Flow): void {
  if (c.now - f.heardAt > ARP_PATIENCE) giveUp(c, f);
  else c.schedule(f);
}

/** RFC 6298 (5.4) to (5.6), and all that was in flight after the first segment counts as lost. */
function retransmit(c: Context, f: Flow): void {
  if (f.sndMax === f.iss) {
    stillUnknown(c, f);
    return;
  }
  if (isHopeless(c, f)) {
    giveUp(c, f);
    return;
  }
  f.rtt.backOff();
  if (f.recovery === null) f.sndNxt = f.iss;
  else {
    f.recovery.timedOut(c.now, f.sndMax);
    askForWindow(c, f, f.recovery);
  }
  f.timedAt = Number.NaN;
  c.timer(f, Timer.RETRANSMIT, c.now + f.rtt.rto);
  c.schedule(f);
}

/** A guest that has closed its window over what was in flight may be slow, and is alive as long as it answers. */
function isHopeless(c: Context, f: Flow): boolean {
  if (f.has(Ev.OPEN) && f.sndWnd === 0) return c.now - f.heardAt > c.env.timeouts.tcpSilence;
  return ++f.attempts > (f.has(Ev.OPEN) ? ATTEMPTS : SYN_ATTEMPTS);
}

/**
 * RFC 9293 3.8.6.1: one byte, or the FIN, beyond the window. What the guest takes of it, it acknowledges. A closed window is kept
 * for as long as the guest answers.
 */
function probe(c: Context, f: Flow): void {
  if (c.now - f.heardAt > c.env.timeouts.tcpSilence) {
    giveUp(c, f);
    return;
  }
  const size = Math.min(1, f.send.length);
  const fin = size === 0;
  if (emit(c, f, fin ? Flag.FIN : 0, f.sndUna, 0, size)) {
    if (fin) c.raise(f, Ev.FIN_SENT);
    const end = add(f.sndUna, 1);
    if (after(end, f.sndMax)) f.sndMax = end;
  }
  f.probes++;
  c.timer(f, Timer.PERSIST, c.now + Math.min(LONGEST_PROBE, f.rtt.rto * 2 ** f.probes));
}
