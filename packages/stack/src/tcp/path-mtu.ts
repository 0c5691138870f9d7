// The way to the guest is narrower than its cable: RFC 1191 6.4, RFC 8201 5.4. What was too large leaves again in smaller
// segments, and the congestion window stays as it is: nothing was congested. Congestion control goes on counting in the
// segments that it began with.
//
// The way stays narrow for the flow's life: a new flow tries again.
import { Drop } from '../drop.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Context } from './context.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import { before, seq } from './seq.ts';

/** Below them nobody is believed: what the smallest MTU in use is worth in bytes, and that of IPv6 (RFC 8200 5). */
const LEAST_MSS = { v4: 88, v6: 1_220 } as const;
/** Headers of IP and TCP. */
const HEADERS = { v4: 40, v6: 60 } as const;
/** Of the timestamps option in every segment, padded. */
const TIMESTAMPS = 12;

/** A segment that began with `quoted` was too large for a network of `mtu` bytes. */
export function tooBig(c: Context, guest: Endpoint, remote: Endpoint, quoted: number, mtu: number): Drop {
  const f = c.find(guest, remote);
  if (f === null || !inFlight(f, quoted)) return c.env.drops.count(Drop.ICMP_UNBELIEVABLE);
  const version = guest.is4 ? 'v4' : 'v6';
  const mss = Math.max(mtu - HEADERS[version], LEAST_MSS[version]) - (f.timestamps ? TIMESTAMPS : 0);
  if (mss < f.mss) lower(c, f, mss);
  return Drop.NO;
}

/** RFC 5927 4.1: only who sees the flow knows what is in flight. */
function inFlight(f: Flow, quoted: number): boolean {
  const at = seq(quoted);
  return f.has(Ev.OPEN) && !f.has(Ev.CLOSED) && !before(at, f.sndUna) && before(at, f.sndMax);
}

function lower(c: Context, f: Flow, mss: number): void {
  f.mss = mss;
  f.timedAt = Number.NaN;
  c.counters.narrowed++;
  f.recovery?.tooBig(mss);
  c.schedule(f);
}
