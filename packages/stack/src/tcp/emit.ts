// Writes one segment into the link: header, options and checksum around a payload that is lent from the send ring.
import { Cut } from '@reslirp/link';
import { Protocol } from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import * as Options from '@reslirp/wire/tcp-options';
import { UNRESOLVED } from '../ip/output.ts';
import type { Packet } from '../packet.ts';
import type { Context } from './context.ts';
import { Ev } from './events.ts';
import type { Flow } from './flow.ts';
import { sackBlocks, sackSize } from './sack.ts';
import type { Segment } from './segment.ts';
import { add, after, distance, type Seq } from './seq.ts';
import { Timer } from './timers.ts';

/** RFC 9293 3.1: the urgent pointer has 16 bits. */
const FARTHEST_URGENT = 0xffff;
/** RFC 1122 3.2.1.7 */
const HOPS = 64;

/** Our clock as the guest sees it: one tick is a millisecond (RFC 7323 5.4). */
export function tsNow(c: Context, f: Flow): number {
  return (Math.floor(c.now) + f.tsOffset) | 0;
}

/**
 * Sends one segment with `size` bytes from the send ring, `offset` bytes after its first.
 * False when the link is full. A guest whose MAC is unknown loses the segment, as on any cable, and gets it again.
 */
export function emit(c: Context, f: Flow, flags: number, seq: Seq, offset: number, size: number): boolean {
  const syn = (flags & Tcp.Flag.SYN) !== 0;
  const blocks = syn || size > 0 ? 0 : sackBlocks(f, c.edges);
  const header = Tcp.HEADER + (syn ? synOptions(f) : plainOptions(f, blocks));
  const { ip } = c.env;
  const at = ip.begin(f.remote, f.guest, Protocol.TCP, header + size, HOPS);
  if (at < 0) return at === UNRESOLVED;
  const b = ip.slab();
  const scale = syn ? 0 : f.rcvScale;
  const window = Math.min(f.rcvWnd >>> scale, 0xffff);
  const ack = f.has(Ev.GUEST_SYN) ? Tcp.Flag.ACK : 0; // the first SYN of a forward has nothing to acknowledge
  Tcp.emit(b, at, f.remote.port, f.guest.port, seq, f.rcvNxt, header, flags | ack, window);
  if (f.urgent) putUrgent(f, b, at, flags, seq);
  if (syn) putSynOptions(c, f, b, at + Tcp.HEADER);
  else putPlainOptions(c, f, b, at + Tcp.HEADER, blocks);
  const from = size > 0 ? f.send.at(offset) : 0;
  const cut = size <= f.mss ? Cut.NO : f.guest.is4 ? Cut.TCP4 : Cut.TCP6;
  ip.commit(header, Tcp.SUM, size > 0 ? f.send.bytes : null, from, from + size, cut, cut === Cut.NO ? 0 : f.mss);
  c.counters.segmentsOut++;
  told(f, window << scale);
  return true;
}

/** Urgent data farther ahead than the field can say is told of later: a wrong mark would be worse than a late one. */
function putUrgent({ sndUp }: Flow, b: Uint8Array, at: number, flags: number, seq: Seq): void {
  const ahead = distance(sndUp, seq);
  const maySay = (flags & (Tcp.Flag.SYN | Tcp.Flag.RST)) === 0;
  if (maySay && ahead > 0 && ahead <= FARTHEST_URGENT) Tcp.setUrgent(b, at, ahead);
}

/** The guest has now heard of RCV.NXT and the window. */
function told(f: Flow, window: number): void {
  f.rcvAdv = add(f.rcvNxt, window);
  f.rcvAcked = f.rcvNxt;
  f.ackNow = false;
  f.rcvAgainSize = 0;
  f.timers.stop(Timer.DELAYED_ACK);
}

/** RFC 7323 2.2 and 3.2, RFC 2018 2: window scale, SACK and timestamps only to a guest that offered them. */
function synOptions(f: Flow): number {
  return (
    Options.Size.MSS +
    (f.scaling ? Options.Size.WINDOW_SCALE : 0) +
    (f.sack ? Options.Size.SACK_PERMITTED : 0) +
    (f.timestamps ? Options.Size.TIMESTAMPS : 0)
  );
}

function putSynOptions(c: Context, f: Flow, b: Uint8Array, at: number): void {
  at = Options.emitMss(b, at, c.env.mss(f.guest));
  if (f.scaling) at = Options.emitWindowScale(b, at, f.rcvScale);
  if (f.sack) at = Options.emitSackPermitted(b, at);
  if (f.timestamps) Options.emitTimestamps(b, at, tsNow(c, f), f.tsRecent);
}

function plainOptions(f: Flow, blocks: number): number {
  return (f.timestamps ? Options.Size.TIMESTAMPS : 0) + sackSize(blocks);
}

function putPlainOptions(c: Context, f: Flow, b: Uint8Array, at: number, blocks: number): void {
  if (f.timestamps) at = Options.emitTimestamps(b, at, tsNow(c, f), f.tsRecent);
  if (blocks > 0) Options.emitSack(b, at, c.edges, blocks);
}

/**
 * An ACK alone. It has the number of the first byte that was never sent, even while others are sent again: where all of them
 * have arrived, an older number would not be acceptable. But none beyond the window, for there it would not be either.
 */
export function emitBare(c: Context, f: Flow): boolean {
  const edge = add(f.sndUna, f.sndWnd);
  return emit(c, f, 0, after(f.sndMax, edge) ? edge : f.sndMax, 0, 0);
}

/** An ACK that cannot wait for the end of the turn: the guest counts duplicates. */
export function emitAck(c: Context, f: Flow): void {
  if (emitBare(c, f)) return;
  f.ackNow = true;
  c.schedule(f);
}

/** A RST in answer to a segment that belongs to nothing, RFC 9293 3.10.7.1. */
export function refuse(c: Context, p: Packet, s: Segment): void {
  if (s.has(Tcp.Flag.ACK)) bare(c, p, Tcp.Flag.RST, s.ack, 0 as Seq);
  else bare(c, p, Tcp.Flag.RST | Tcp.Flag.ACK, 0 as Seq, s.next);
}

function bare(c: Context, p: Packet, flags: number, seq: Seq, ack: Seq): void {
  const { ip } = c.env;
  const at = ip.begin(p.to, p.from, Protocol.TCP, Tcp.HEADER, HOPS);
  if (at < 0) return;
  Tcp.emit(ip.slab(), at, p.to.port, p.from.port, seq, ack, Tcp.HEADER, flags, 0);
  ip.commit(Tcp.HEADER, Tcp.SUM, null, 0, 0, Cut.NO, 0);
  c.counters.segmentsOut++;
}
