// What recovery.ts holds for lost leaves again, and the timers that it asks for: RFC 8985 on one flow.
import { Flag } from '@reslirp/wire/tcp';
import type { Context } from './context.ts';
import { emit } from './emit.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import type { Recovery } from './recovery.ts';
import { add, distance } from './seq.ts';
import { Timer } from './timers.ts';

/** Milliseconds: the tail is probed no sooner, and a single segment may be waiting for the guest's delayed ACK. */
const LEAST_PROBE = 10;
const ACK_DELAY = 40;
/** Timers of less would turn for nothing. */
const LEAST_WAIT = 1;

/** Sends lost segments while there is room for them. False when the link is full. */
export function repair(c: Context, f: Flow, recovery: Recovery): boolean {
  const { flight } = recovery;
  for (let i = recovery.nextLost(0); i >= 0; i = recovery.nextLost(i + 1)) {
    if (recovery.room <= 0 && flight.pipe > 0) return true;
    // A window that has closed over what was in flight. The first of it may go as far as there is any window at all
    if (distance(flight.end(i), f.sndUna) > f.sndWnd && (i > 0 || f.sndWnd === 0)) return true;
    if (!resend(c, f, recovery, i)) return false;
  }
  return true;
}

/**
 * The RETRANSMIT timer, and no window: the first segment asks whether it is open again. Only the timer may ask, for the guest
 * answers at once, and the answer to that would be the next question.
 */
export function askForWindow(c: Context, f: Flow, recovery: Recovery): void {
  if (f.sndWnd === 0 && recovery.flight.count > 0) resend(c, f, recovery, 0);
}

/** Entry `i` once more; as much of it as lies in one piece, and the rest is another entry. */
function resend(c: Context, f: Flow, recovery: Recovery, i: number): boolean {
  const { flight } = recovery;
  const start = flight.start(i);
  const offset = distance(start, f.sndUna);
  const payload = Math.min(flight.size(i), f.send.length - offset);
  // The MSS may be smaller than when it left (path-mtu.ts), and the link need not cut, nor may it what is urgent (output.ts)
  const most = c.env.segmentation > f.mss && !f.urgent ? payload : Math.min(payload, f.mss);
  const piece = payload > 0 ? Math.min(most, f.send.contiguous(offset)) : 0;
  if (piece < payload) flight.split(i, add(start, piece));
  const fin = f.has(Ev.FIN_SENT) && piece < flight.size(i) ? Flag.FIN : 0;
  const push = piece > 0 && offset + piece === f.send.length ? Flag.PSH : 0;
  if (!emit(c, f, fin | push, start, offset, piece)) return false;
  recovery.sentAgain(i, c.now);
  f.timedAt = Number.NaN;
  c.counters.retransmitted++;
  c.timer(f, Timer.RETRANSMIT, c.now + f.rtt.rto);
  return true;
}

/** After an ACK: when something may be known to be lost by time alone. */
export function watchLoss(c: Context, f: Flow, { lostAt }: Recovery): void {
  if (lostAt === Infinity) f.timers.stop(Timer.REORDER);
  else c.timer(f, Timer.REORDER, Math.max(lostAt, c.now + LEAST_WAIT));
}

/** The REORDER timer. */
export function overtaken(c: Context, f: Flow): void {
  const { recovery } = f;
  if (recovery === null) return;
  recovery.detect(c.now, f.sndMax);
  watchLoss(c, f, recovery);
  c.schedule(f);
}

/** RFC 8985 7.2: something is in flight, and nothing lost of it is known. */
export function scheduleProbe(c: Context, f: Flow, { flight, probes, probed }: Recovery): void {
  if (!probes || probed || flight.count === 0 || flight.lost > 0) {
    f.timers.stop(Timer.PROBE);
    return;
  }
  const { srtt, rto } = f.rtt;
  const patience = srtt < 0 ? rto : Math.max(LEAST_PROBE, 2 * srtt) + (flight.count === 1 ? ACK_DELAY : 0);
  c.timer(f, Timer.PROBE, c.now + Math.min(patience, rto));
}

/** The PROBE timer, RFC 8985 7.3: the last segment again, so that the guest says what it has before it. */
export function probeTail(c: Context, f: Flow): void {
  const { recovery } = f;
  if (recovery === null || recovery.flight.count === 0 || recovery.flight.lost > 0) return;
  const { flight } = recovery;
  const last = flight.count - 1;
  if (flight.size(last) > f.mss) flight.split(last, add(flight.end(last), -f.mss));
  recovery.probed = true;
  resend(c, f, recovery, flight.count - 1);
}
