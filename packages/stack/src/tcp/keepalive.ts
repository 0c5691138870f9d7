// Whether a guest that has said nothing for long is still there: RFC 9293 3.8.4, RFC 1122 4.2.3.6. One that is gone (switched off,
// or restored from an older snapshot) would leave its flow, and a connection of the host, for good.
import { giveUp, inTimeWait } from './closing.ts';
import type { Context } from './context.ts';
import { emit } from './emit.ts';
import type { Flow } from './flow.ts';
import { add } from './seq.ts';
import { Timer } from './timers.ts';

/** From the opening on. */
export function watchSilence(c: Context, f: Flow): void {
  const { tcpKeepalive } = c.env.timeouts;
  if (tcpKeepalive > 0) c.timer(f, Timer.KEEPALIVE, c.now + tcpKeepalive);
}

/** The KEEPALIVE timer. Segments do not move it: it looks when the last one came. */
export function keepAlive(c: Context, f: Flow): void {
  const { tcpKeepalive, tcpKeepaliveInterval, tcpKeepaliveProbes } = c.env.timeouts;
  if (inTimeWait(f)) return;
  if (f.heardAt >= f.keepaliveAt) f.keepalives = 0;
  const due = f.heardAt + tcpKeepalive;
  if (f.keepalives === 0 && due > c.now) {
    c.timer(f, Timer.KEEPALIVE, due);
    return;
  }
  if (f.sndMax !== f.sndUna || f.timers.running(Timer.PERSIST)) {
    // The guest owes an answer as it is, and retransmission or the probes of its window see to it
    c.timer(f, Timer.KEEPALIVE, c.now + tcpKeepalive);
    return;
  }
  if (f.keepalives === tcpKeepaliveProbes) {
    giveUp(c, f);
    return;
  }
  ask(c, f);
  c.timer(f, Timer.KEEPALIVE, c.now + tcpKeepaliveInterval);
}

/** An ACK from before the window, without the byte that stood there: whoever has the flow answers with another one. */
function ask(c: Context, f: Flow): void {
  emit(c, f, 0, add(f.sndNxt, -1), 0, 0);
  f.keepalives++;
  f.keepaliveAt = c.now;
  c.counters.keepalives++;
}
