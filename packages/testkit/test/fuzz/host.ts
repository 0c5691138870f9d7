// A host for fuzzing: within its contract it does what it is told to, whenever that is, and counts what it has given out.
import { Endpoint } from '@reslirp/stack/endpoint';
import {
  type AcceptEvents,
  type Acceptor,
  type BindEvents,
  BindFault,
  type BoundUdpEvents,
  type EchoEvents,
  type EchoSocket,
  END,
  type Host,
  type Refusal,
  type TcpEvents,
  type TcpSocket,
  type UdpEvents,
  type UdpSocket,
  type UnixPath,
} from '@reslirp/stack/host';

/** One thing that happens at the host: to the `which`-th of its sockets, as far as it can happen to that one. */
export interface Happening {
  readonly what:
    | 'open'
    | 'refuse'
    | 'data'
    | 'line'
    | 'echo'
    | 'end'
    | 'stall'
    | 'room'
    | 'fail'
    | 'datagram'
    | 'undeliverable'
    | 'visit';
  readonly which: number;
  readonly size: number;
  readonly why: Refusal;
  readonly port: number;
  /** What a 'line' says. */
  readonly line: string;
}

/** What the event makes of the socket; nothing: as it was. */
type Tell = (h: Happening, now: number, state: State) => State | undefined;
type State = 'new' | 'bound' | 'over';

const FAR = 0xc000_0201 | 0;

export class FuzzHost implements Host {
  /** Sockets that the stack has not let go of. */
  open: number = 0;
  /** For every socket that ever was. */
  readonly #all: ((h: Happening, now: number) => void)[] = [];

  happen(h: Happening, now: number): void {
    this.#all[h.which % Math.max(1, this.#all.length)]?.(h, now);
  }

  connect(_to: unknown, events: TcpEvents): TcpSocket {
    return this.#tcp(events, false);
  }

  udp(_family: 4 | 6, events: UdpEvents): UdpSocket {
    const last: { to: Endpoint; bytes: Uint8Array } = { to: new Endpoint(), bytes: new Uint8Array(0) };
    const { close } = this.#held((h, now) => {
      if (h.what === 'echo') return echo(events, last, now);
      return hear(h, events, now);
    });
    return {
      close,
      send: (to, _hops, b, at, end) => {
        last.to = to.copy();
        last.bytes = b.slice(at, end);
      },
    };
  }

  echo(_family: 4 | 6, events: EchoEvents): EchoSocket {
    return this.#held((h, now) => {
      const from = Endpoint.of4(FAR);
      if (h.what === 'datagram') events.replied(from, h.port, new Uint8Array(h.size), 0, h.size, now);
      if (h.what === 'undeliverable') events.undeliverable(from, h.port, h.why, null, now);
      return undefined;
    });
  }

  udpAt(at: Endpoint, events: BoundUdpEvents): UdpSocket {
    const where = at.copy();
    return this.#held((h, now, state) => (state === 'new' ? bind(h, events, where, now) : hear(h, events, now)));
  }

  accept(at: Endpoint | UnixPath, events: AcceptEvents): Acceptor {
    const where = 'path' in at ? Endpoint.of4(0) : at.copy();
    return this.#held((h, now, state) => {
      if (state === 'new') return bind(h, events, where, now);
      const take = (its: TcpEvents): TcpSocket => this.#tcp(its, true);
      if (h.what === 'visit') events.accepted({ from: Endpoint.of4(FAR, h.port), take }, now);
      return undefined;
    });
  }

  #tcp(events: TcpEvents, isOpen: boolean): TcpSocket {
    const socket = new FuzzTcp(events, isOpen, 40_000 + (this.#all.length % 20_000), () => this.open--);
    this.open++;
    this.#all.push((h, now) => socket.happen(h, now));
    return socket;
  }

  /** Something that has no end but close(), and unbound(). */
  #held(tell: Tell): { close: () => void; send: () => void } {
    let state: State = 'new';
    const become = (next: State): void => {
      if (next === 'over' && state !== 'over') this.open--;
      state = next;
    };
    this.open++;
    this.#all.push((h, now) => {
      if (state !== 'over') become(tell(h, now, state) ?? state);
    });
    return { close: () => become('over'), send: () => {} };
  }
}

/** No host hears anything from a group: it is one of its members that answers. */
const MEMBER = { v4: Endpoint.of4(FAR, 4_000), v6: Endpoint.parse('2001:db8::9', 4_000)! } as const;

function isGroup(e: Endpoint): boolean {
  return e.is4 ? e.ip4 >>> 28 === 0xe || e.ip4 === -1 : e.w0 >>> 24 === 0xff;
}

/** What was sent last comes back: as an answer, if it was a question to a resolver. */
function echo(events: UdpEvents, { to, bytes }: { to: Endpoint; bytes: Uint8Array }, now: number): undefined {
  const b = bytes.slice();
  if (b.length > 2) b[2]! |= 0x80;
  events.received(isGroup(to) ? MEMBER[to.is4 ? 'v4' : 'v6'] : to, b, 0, b.length, now);
}

function hear(h: Happening, events: UdpEvents, now: number): undefined {
  const from = Endpoint.of4(FAR, h.port);
  if (h.what === 'datagram') events.received(from, new Uint8Array(h.size), 0, h.size, now);
  if (h.what === 'undeliverable') events.undeliverable(from, h.why, null, now);
}

function bind(h: Happening, events: BindEvents, where: Endpoint, now: number): State | undefined {
  if (h.what === 'open') events.bound(where, now);
  if (h.what === 'refuse') events.unbound(BindFault.IN_USE, now);
  return h.what === 'open' ? 'bound' : h.what === 'refuse' ? 'over' : undefined;
}

class FuzzTcp implements TcpSocket {
  readonly #events: TcpEvents;
  readonly #gone: () => void;
  #state: 'connecting' | 'open' | 'over';
  readonly #port: number;
  /** What the peer has said, and what it was told last. */
  #queued: Uint8Array = new Uint8Array(0);
  #last: Uint8Array = new Uint8Array(0);
  #ends: boolean = false;
  #endTold: boolean = false;
  #room: number = Infinity;

  constructor(events: TcpEvents, isOpen: boolean, port: number, gone: () => void) {
    this.#port = port;
    this.#events = events;
    this.#gone = gone;
    this.#state = isOpen ? 'open' : 'connecting';
  }

  happen(h: Happening, now: number): void {
    if (this.#state === 'connecting') this.#answer(h.what, h.why, now);
    else if (this.#state === 'open') this.#go(h, now);
  }

  #answer(what: Happening['what'], why: Refusal, now: number): void {
    if (what === 'open') {
      this.#state = 'open';
      this.#events.opened(now);
    } else if (what === 'refuse') {
      this.#over();
      this.#events.refused(why, now);
    }
  }

  #go({ what, size, why, line }: Happening, now: number): void {
    if (what === 'stall') this.#room = 0;
    else if (what === 'fail') {
      this.#over();
      this.#events.failed(why, now);
    } else if (what === 'room') {
      this.#room = Infinity;
      this.#events.writable(now);
    } else if (!this.#ends) this.#say(what, size, line, now);
  }

  #say(what: Happening['what'], size: number, line: string, now: number): void {
    if (what === 'data') this.#queue(new Uint8Array(size).fill(0x61));
    else if (what === 'line') this.#queue(Uint8Array.from(line, (c) => c.charCodeAt(0)));
    else if (what === 'echo') this.#queue(answered(this.#last));
    else if (what === 'end') this.#ends = true;
    else return;
    this.#events.readable(now);
  }

  #queue(bytes: Uint8Array): void {
    this.#queued = Uint8Array.from([...this.#queued, ...bytes]);
  }

  read(into: Uint8Array, at: number, end: number): number {
    const n = Math.min(end - at, this.#queued.length);
    into.set(this.#queued.subarray(0, n), at);
    this.#queued = this.#queued.slice(n);
    if (n > 0 || !this.#ends || this.#endTold) return n;
    this.#endTold = true;
    return END;
  }

  write(b: Uint8Array, at: number, end: number): number {
    const n = Math.min(end - at, this.#room);
    if (n > 0) this.#last = b.slice(at, at + n);
    return n;
  }

  local(into: Endpoint): boolean {
    if (this.#state !== 'open') return false;
    into.set4(0x7f00_0001, this.#port);
    return true;
  }

  finish(): void {}

  abort(): void {
    this.#over();
  }

  close(): void {
    this.#over();
  }

  #over(): void {
    if (this.#state !== 'over') this.#gone();
    this.#state = 'over';
  }
}

/** A question of DNS over TCP becomes its answer. */
function answered(bytes: Uint8Array): Uint8Array {
  const b = bytes.slice();
  if (b.length > 4) b[4]! |= 0x80;
  return b;
}
