// What a segment says about what we sent: RFC 9293 3.10.7.4, fifth. The window it offers is taken last,
// because whether an ACK is a duplicate depends on the window before it (RFC 5681 2).
import { challenge } from './challenge.ts';
import { settle } from './closing.ts';
import type { Context } from './context.ts';
import { tsNow } from './emit.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import type { Recovery } from './recovery.ts';
import { watchLoss } from './repair.ts';
import type { Segment } from './segment.ts';
import { after, before, distance } from './seq.ts';
import { Timer } from './timers.ts';

/** RFC 7323 3.2: an echo beyond this is a forgery, or a clock gone wrong. Milliseconds. */
const LONGEST_RTT = 120_000;

/** False when the segment acknowledges what it cannot: then nothing else in it counts. */
export function acknowledge(c: Context, f: Flow, s: Segment): boolean {
  const acked = distance(s.ack, f.sndUna);
  if (after(s.ack, f.sndMax) || acked < -f.sndWndMax) {
    challenge(c, f); // RFC 5961 5.2
    return false;
  }
  if (acked > 0) advance(c, f, s, acked);
  if (f.recovery !== null && acked >= 0) hear(c, f, s, f.recovery, acked);
  updateWindow(f, s);
  return true;
}

/** What the guest says about loss. */
function hear(c: Context, f: Flow, s: Segment, recovery: Recovery, acked: number): void {
  if (acked > 0 || s.options.sackRanges > 0) recovery.heard(s.options, f.sndUna, f.sndMax, c.now, f.limited);
  else if (isDuplicate(f, s)) recovery.duplicate(f.sndUna, f.sndMax, c.now);
  else return;
  watchLoss(c, f, recovery);
  c.schedule(f);
}

/** RFC 5681 2 */
function isDuplicate(f: Flow, s: Segment): boolean {
  return s.length === 0 && f.inFlight > 0 && s.window * 2 ** f.sndScale === f.sndWnd;
}

function advance(c: Context, f: Flow, s: Segment, acked: number): void {
  measure(c, f, s);
  const syn = f.sndUna === f.iss && !f.has(Ev.OPEN) ? 1 : 0;
  const fin = f.has(Ev.FIN_SENT) && s.ack === f.sndMax ? 1 : 0;
  const bytes = acked - syn - fin;
  f.send.drop(bytes);
  f.bytesDown += bytes;
  f.sndUna = s.ack;
  if (f.urgent && !after(f.sndUp, s.ack)) f.urgent = false;
  if (before(f.sndNxt, s.ack)) f.sndNxt = s.ack;
  f.attempts = 0;
  if (f.inFlight > 0)
    c.timer(f, Timer.RETRANSMIT, c.now + f.rtt.rto); // RFC 6298 (5.3)
  else f.timers.stop(Timer.RETRANSMIT); // (5.2)
  if (fin === 1 && c.raise(f, Ev.FIN_ACKED)) settle(c, f);
}

/** RFC 6298 3, RFC 7323 4: an echoed timestamp is always of the segment that caused this ACK; else one is timed at a time. */
function measure(c: Context, f: Flow, s: Segment): void {
  if (f.timestamps) {
    const rtt = (tsNow(c, f) - s.options.tsEcr) | 0;
    if (s.options.timestamps && rtt >= 0 && rtt <= LONGEST_RTT) f.rtt.sample(rtt);
  } else if (f.timedAt >= 0 && !before(s.ack, f.timedEnd)) {
    f.rtt.sample(c.now - f.timedAt);
    f.timedAt = Number.NaN;
  }
}

/** RFC 9293 3.10.7.4: only a segment newer than the last one that said so. */
function updateWindow(f: Flow, s: Segment): void {
  if (after(f.sndWl1, s.seq) || (f.sndWl1 === s.seq && after(f.sndWl2, s.ack))) return;
  f.sndWnd = s.window * 2 ** f.sndScale;
  if (f.sndWnd > f.sndWndMax) f.sndWndMax = f.sndWnd;
  f.sndWl1 = s.seq;
  f.sndWl2 = s.ack;
}
