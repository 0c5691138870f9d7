// The payload and the FIN of a segment: RFC 9293 3.10.7.4, seventh and eighth.
// In order and with nothing waiting, bytes go to the host's socket from the frame; all else goes through the receive ring.
import { Flag } from '@reslirp/wire/tcp';
import type { TcpSocket } from '../host.ts';
import { tellHost } from './closing.ts';
import type { Context } from './context.ts';
import { emitAck } from './emit.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import { drain } from './pump.ts';
import { noteAgain } from './sack.ts';
import type { Segment } from './segment.ts';
import { add, before, distance } from './seq.ts';

/** Larger segments (of a large MTU, or joined by the guest's kernel) are worth an ACK each. */
const MOST_RCV_MSS = 1460;

export function receive(c: Context, f: Flow, s: Segment): void {
  if (s.length === 0) return;
  if (f.has(Ev.GUEST_FIN)) {
    f.ackNow = true;
    return;
  }
  if (s.has(Flag.FIN)) noteFin(f, s);
  if (before(s.seq, f.rcvNxt)) noteAgain(f, s.seq, f.rcvNxt);
  const edge = f.finKnown ? f.rcvFin : add(f.rcvNxt, f.rcvWnd);
  const from = s.at + Math.max(0, distance(f.rcvNxt, s.seq));
  const to = s.end - Math.max(0, distance(add(s.seq, s.end - s.at), edge));
  if (from < to) accept(c, f, s, from, to);
  else f.ackNow = true; // nothing new: old bytes, or a probe of a closed window
  if (f.finKnown && f.rcvNxt === f.rcvFin) finish(c, f);
}

/** The FIN may come before bytes that are missing. The first one within the window counts. */
function noteFin(f: Flow, s: Segment): void {
  const fin = add(s.seq, s.end - s.at);
  if (f.finKnown || before(fin, f.rcvNxt) || distance(fin, f.rcvNxt) > f.rcvWnd) return;
  f.finKnown = true;
  f.rcvFin = fin;
}

function accept(c: Context, f: Flow, s: Segment, from: number, to: number): void {
  if (to - from > f.rcvMss) f.rcvMss = Math.min(to - from, MOST_RCV_MSS);
  const offset = distance(add(s.seq, from - s.at), f.rcvNxt);
  if (offset === 0) inOrder(c, f, s, from, to);
  else {
    const at = f.receive.ready + offset;
    f.rcvNewest = add(f.rcvNxt, offset);
    if (f.receive.holds(at, at + to - from)) noteAgain(f, f.rcvNewest, add(f.rcvNewest, to - from));
    else f.receive.store(at, s.b, from, to);
    emitAck(c, f); // RFC 5681 4.2: each one counts as a duplicate
  }
}

function inOrder(c: Context, f: Flow, s: Segment, from: number, to: number): void {
  const { receive, socket } = f;
  const { b } = s;
  const had = receive.ready;
  const holes = receive.ranges;
  let took = 0;
  if (had === 0 && socket !== null) {
    took = s.urgent === 0 ? socket.write(b, from, to) : writeUrgent(socket, s, from, to);
    receive.skip(took);
  }
  if (from + took < to) receive.store(had, b, from + took, to);
  advance(f, took + receive.ready - had);
  if (holes === 0) return;
  f.ackNow = true; // RFC 5681 4.2: a gap was filled, or is still there
  if (took > 0 || had > 0 || receive.ready > 0) drain(c, f);
}

/** What had to wait for the host, or came out of order, is urgent no more: it is passed on in line. */
function writeUrgent(socket: TcpSocket, s: Segment, from: number, to: number): number {
  const behind = s.at + s.urgent;
  if (behind <= from || behind > to || socket.writeUrgent === undefined) return socket.write(s.b, from, to);
  const took = socket.writeUrgent(s.b, from, behind);
  return took < behind - from || behind === to ? took : took + socket.write(s.b, behind, to);
}

/** RCV.NXT moves by `n`, and the window grows when the guest has used all of it while the host kept up. */
function advance(f: Flow, n: number): void {
  f.rcvNxt = add(f.rcvNxt, n);
  f.bytesUp += n;
  if (f.receive.ready > 0 || distance(f.rcvNxt, f.rcvGrownAt) < f.rcvLimit) return;
  f.rcvGrownAt = f.rcvNxt;
  if (f.rcvLimit < f.rcvLimitMost) f.rcvLimit = Math.min(f.rcvLimit * 2, f.rcvLimitMost);
}

function finish(c: Context, f: Flow): void {
  f.rcvNxt = add(f.rcvNxt, 1);
  c.raise(f, Ev.GUEST_FIN);
  if (f.has(Ev.FIN_SENT)) f.ackNow = true;
  else c.raise(f, Ev.GUEST_FIRST); // mostly the host's end follows, and our FIN carries the ACK
  tellHost(c, f);
}
