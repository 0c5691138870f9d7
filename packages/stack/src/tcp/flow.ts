// One TCP connection between the guest and a host socket: the transmission control block of RFC 9293 3.3.1.
//
// We are a peer to the guest and a client of the host. The guest's segments become writes, straight from the frame; the
// host's bytes are read into the send ring and become segments, straight from the ring. Everything here is state;
// what happens to it stands in opening, arrival, acknowledge, receive, pump, output, expiry, closing.
//
//   Acknowledging   The guest is ACKed what the host's socket took, or the receive ring holds; the window closes behind it.
//   Sending         The send ring keeps bytes until the guest ACKs them; its free room is what is read from the host.
//   Memory          Rings are lent by Memory while they hold something, and grow with the flow up to limits.tcpBuffer.
//   Closing         Each direction ends by itself; what is left once both have ended stands in closing.ts.
//   Losing          What comes out of order is told (sack.ts); what the guest tells is listened to (recovery.ts).
//   Urgent          The guest's urgent data is passed on as such when nothing is in its way (receive.ts); the host's where it can
//                   tell (pump.ts), else it comes in line, as RFC 6093 3.4 asks applications to take it.
import type { Endpoint } from '../endpoint.ts';
import type { TcpSocket } from '../host.ts';
import { Ev } from './events.ts';
import type { Memory } from './memory.ts';
import { ReceiveRing } from './receive-ring.ts';
import type { Recovery } from './recovery.ts';
import { RttEstimator } from './rtt.ts';
import { SendRing } from './send-ring.ts';
import { distance, type Seq } from './seq.ts';
import { TimerTable } from './timers.ts';

export interface FlowBirth {
  readonly slot: number;
  readonly number: number;
  readonly guest: Endpoint;
  readonly remote: Endpoint;
  readonly iss: Seq;
  readonly tsOffset: number;
  readonly memory: Memory;
  readonly now: number;
}

export class Flow {
  /** Slot in the flow table. */
  readonly slot: number;
  /** Which it is, of all that there ever were. */
  readonly number: number;
  readonly guest: Endpoint;
  /** The other end, as the guest knows it. */
  readonly remote: Endpoint;
  /** Ev bits; changed by raise() alone. */
  events: number = 0;
  socket: TcpSocket | null = null;

  // Send sequence variables. SND.UNA .. sndNxt is in flight, sndMax is the highest number ever sent.
  readonly iss: Seq;
  sndUna: Seq;
  sndNxt: Seq;
  sndMax: Seq;
  /** The guest's window in bytes, scaled, and the segment it came with (SND.WL1, SND.WL2). */
  sndWnd: number = 0;
  sndWl1: Seq = 0 as Seq;
  sndWl2: Seq = 0 as Seq;
  /** Largest window the guest ever offered. */
  sndWndMax: number = 0;
  /** Payload bytes of one full segment, options taken off. */
  mss: number = 536;
  /** SND.UP lies ahead of SND.UNA: the guest is told where urgent data ends, which is before sndUp (RFC 6093 3.1). */
  urgent: boolean = false;
  sndUp: Seq = 0 as Seq;
  /** Both sides offered window scaling (RFC 7323 2.2). */
  scaling: boolean = false;
  sndScale: number = 0;

  // Receive sequence variables
  irs: Seq = 0 as Seq;
  rcvNxt: Seq = 0 as Seq;
  /** Right edge of the window that the guest has been told. */
  rcvAdv: Seq = 0 as Seq;
  /** RCV.NXT of the last ACK sent (Last.ACK.sent in RFC 7323). */
  rcvAcked: Seq = 0 as Seq;
  rcvScale: number = 0;
  /** Bytes that the guest may have outstanding: the window while nothing waits for the host. */
  rcvLimit: number = 0;
  /** What rcvLimit may grow to: the largest ring, or what a window without scaling can say. */
  rcvLimitMost: number = 0;
  /** RCV.NXT when rcvLimit last changed. */
  rcvGrownAt: Seq = 0 as Seq;
  /** What counts as a full segment of the guest when ACKs are delayed (RFC 5681 4.2), bytes. */
  rcvMss: number = 536;

  /** The guest understands SACK (RFC 2018). */
  sack: boolean = false;
  /** Where the last segment that came out of order begins. */
  rcvNewest: Seq = 0 as Seq;
  /** Bytes that came once more, which the guest has not been told of (RFC 2883): the first, and how many. */
  rcvAgain: Seq = 0 as Seq;
  rcvAgainSize: number = 0;

  /** The guest's FIN came, perhaps ahead of bytes that are missing: its sequence number. */
  finKnown: boolean = false;
  rcvFin: Seq = 0 as Seq;

  // Round trips: timestamps (RFC 7323), or one segment timed at a time
  timestamps: boolean = false;
  /** TS.Recent, and when it was taken. */
  tsRecent: number = 0;
  tsRecentAt: number = 0;
  /** Added to the clock in our TSval, so that it tells nothing about the host. */
  readonly tsOffset: number;
  /** Without timestamps: the segment being timed ends here, and left at timedAt; NaN when none is. */
  timedEnd: Seq = 0 as Seq;
  timedAt: number = Number.NaN;

  readonly send: SendRing;
  readonly receive: ReceiveRing;
  readonly rtt: RttEstimator = new RttEstimator();
  readonly timers: TimerTable = new TimerTable();
  /** What is under way, from the opening on. */
  recovery: Recovery | null = null;

  /** The host socket may have more to read. */
  readable: boolean = false;
  /** An ACK is owed now, not later. */
  ackNow: boolean = false;
  /** Waiting in the run queue for the end of the turn. */
  queued: boolean = false;
  /** Cwnd, and not the guest's window or a lack of bytes, ended the last round of sending. */
  limited: boolean = false;
  /** Retransmission timeouts in a row without progress. */
  attempts: number = 0;
  /** Probes of the guest's closed window, in a row. */
  probes: number = 0;
  /** Keep-alives sent since the guest was heard, and when the last one left. */
  keepalives: number = 0;
  keepaliveAt: number = -Infinity;
  /** The guest's SYN, IP header included, for an ICMP error; null once open. */
  syn: Uint8Array | null = null;
  /** When it began. */
  readonly since: number;
  /** When the guest's last segment came. */
  heardAt: number;
  /** Payload that the guest has sent in order, and that it has acknowledged. For people. */
  bytesUp: number = 0;
  bytesDown: number = 0;
  /** Last time a challenge ACK was sent (RFC 5961 7). */
  challengedAt: number = -Infinity;

  constructor({ slot, number, guest, remote, iss, tsOffset, memory, now }: FlowBirth) {
    this.slot = slot;
    this.number = number;
    this.guest = guest;
    this.remote = remote;
    this.iss = iss;
    this.sndUna = iss;
    this.sndNxt = iss;
    this.sndMax = iss;
    this.tsOffset = tsOffset;
    this.send = new SendRing(memory);
    this.receive = new ReceiveRing(memory);
    this.since = now;
    this.heardAt = now;
  }

  has(ev: number): boolean {
    return (this.events & ev) !== 0;
  }

  /** Bytes in the send ring that have not been sent, or are to be sent again. Once OPEN: SND.UNA is the ring's first. */
  get unsent(): number {
    return Math.max(0, this.send.length - distance(this.sndNxt, this.sndUna)); // a FIN in flight is no byte
  }

  /** Our FIN is to be sent, or sent again, once nothing is unsent. */
  get finDue(): boolean {
    return this.has(Ev.HOST_FIN) && !this.has(Ev.FIN_ACKED) && distance(this.sndNxt, this.sndUna) <= this.send.length;
  }

  /** Bytes that congestion control lets out now. */
  get cwndRoom(): number {
    return this.recovery?.room ?? 0;
  }

  get inFlight(): number {
    return distance(this.sndNxt, this.sndUna);
  }

  /** What the guest may send from RCV.NXT on, bytes. Its right edge never moves back (RFC 9293 3.8.6): rcvLimit only grows. */
  get rcvWnd(): number {
    return this.rcvLimit - this.receive.ready;
  }
}
