// Moves bytes between the host socket and the rings. What the guest gets to hear of it is output's.
import { END } from '../host.ts';
import { tellHost } from './closing.ts';
import type { Context } from './context.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import { add } from './seq.ts';

/**
 * Host to guest: reads while the host has something and the send ring room. Of flows that are OPEN, when their turn to send has
 * come: a call for what each ACK has freed would cost more than its bytes.
 */
export function fill(c: Context, f: Flow): void {
  const { socket, send } = f;
  if (!f.readable || socket === null) return;
  send.open();
  while (send.room > 0) {
    const at = send.at(send.length);
    const n = socket.read(send.bytes, at, at + send.writable());
    if (n > 0) {
      send.wrote(n);
      if (socket.urgent === true) mark(c, f);
      continue;
    }
    f.readable = false;
    if (n === END) c.raise(f, Ev.HOST_FIN);
    break;
  }
  if (send.length === 0) send.release();
}

/** RFC 9293 3.10.2, SEND: the last byte so far is urgent. Of several that the guest has not acknowledged, it hears of the last. */
function mark(c: Context, f: Flow): void {
  f.urgent = true;
  f.sndUp = add(f.sndUna, f.send.length);
  c.counters.urgent++;
}

/** Guest to host: writes what has been waiting for the host, and then the guest's FIN. */
export function drain(c: Context, f: Flow): void {
  if (f.socket === null) return;
  if (f.receive.ready > 0) {
    f.receive.drain(f.socket);
    c.schedule(f); // the window may be worth an update
  }
  tellHost(c, f);
}
