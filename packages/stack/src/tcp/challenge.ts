// The ACK that answers a segment we do not believe (RFC 5961). A guest that meant it answers with what it should have sent.
import type { Context } from './context.ts';
import type { Flow } from './flow.ts';

/** RFC 5961 7: per flow, so that two of them never disturb each other. Linux waits as long. */
const INTERVAL = 500;

export function challenge(c: Context, f: Flow): void {
  if (c.now - f.challengedAt < INTERVAL) return;
  f.challengedAt = c.now;
  f.ackNow = true;
  c.schedule(f);
}
