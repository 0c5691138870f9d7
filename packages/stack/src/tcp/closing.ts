// How a flow ends. Orderly: each side's FIN is passed on to the other, and the flow goes when both were taken.
// Otherwise: a reset of one side resets the other.
import { Flag } from '@reslirp/wire/tcp';
import type { Context } from './context.ts';
import { emit } from './emit.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import { Timer } from './timers.ts';

/** Both directions have ended, we closed first, and the host needs the flow no more. */
export function inTimeWait(f: Flow): boolean {
  return f.has(Ev.FIN_ACKED) && f.has(Ev.HOST_TOLD) && !f.has(Ev.CLOSED);
}

/** Ends the flow at once, toward both sides. */
export function abort(c: Context, f: Flow): void {
  if (f.has(Ev.CLOSED)) return;
  // SND.MAX: on a cable that lost nothing it is just what the guest expects (RFC 5961 3.2)
  if (f.has(Ev.GUEST_SYN) && !inTimeWait(f)) emit(c, f, Flag.RST, f.sndMax, 0, 0);
  f.socket?.abort();
  c.remove(f);
}

/** Nothing is heard of the guest any more. */
export function giveUp(c: Context, f: Flow): void {
  c.counters.timedOut++;
  abort(c, f);
}

/** The guest reset the flow: so do we on the host. */
export function resetByGuest(c: Context, f: Flow): void {
  c.counters.resetByGuest++;
  f.socket?.abort();
  c.remove(f);
}

/** The guest will send no more, and the host has taken all of it: passes the end on. */
export function tellHost(c: Context, f: Flow): void {
  if (!f.has(Ev.GUEST_FIN) || f.receive.ready > 0 || !c.raise(f, Ev.HOST_TOLD)) return;
  f.socket?.finish();
  settle(c, f);
}

/** Whatever ended last: nothing is left to do once our FIN is acknowledged and the host was told of the guest's. */
export function settle(c: Context, f: Flow): void {
  if (!f.has(Ev.FIN_ACKED)) return;
  if (!f.has(Ev.HOST_TOLD)) {
    c.timer(f, Timer.CLOSE, c.now + c.env.timeouts.tcpFinWait2);
    return;
  }
  f.socket?.close();
  f.socket = null;
  if (f.has(Ev.GUEST_FIRST)) {
    closed(c, f);
    return;
  }
  c.timer(f, Timer.CLOSE, c.now + c.env.timeouts.tcpTimeWait); // the guest's last FIN may still be repeated
}

/** Over, and all of it was said. */
export function closed(c: Context, f: Flow): void {
  c.counters.closed++;
  c.remove(f);
}

/** The CLOSE timer: TIME-WAIT is over, or the guest has been silent since it acknowledged our FIN. */
export function closeExpired(c: Context, f: Flow): void {
  const until = f.heardAt + c.env.timeouts.tcpFinWait2;
  if (inTimeWait(f)) closed(c, f);
  else if (f.has(Ev.GUEST_FIN) || until > c.now) c.timer(f, Timer.CLOSE, until);
  else giveUp(c, f);
}

/** RFC 9293 3.10.7.4: a repeated FIN starts TIME-WAIT again. */
export function prolongTimeWait(c: Context, f: Flow): void {
  if (inTimeWait(f)) c.timer(f, Timer.CLOSE, c.now + c.env.timeouts.tcpTimeWait);
}
