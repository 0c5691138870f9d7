// A Host of the imagination: servers with scripts instead of sockets. It is as unkind as the contract allows, and throws
// where the stack is: a call after the end, bytes that are not the guest's.
import { Endpoint } from '@reslirp/stack/endpoint';
import {
  type AcceptEvents,
  type Acceptor,
  BindFault,
  type BoundUdpEvents,
  END,
  type Host,
  Refusal,
  type TcpEvents,
  type TcpSocket,
  type UdpEvents,
  type UdpSocket,
  type UnixPath,
} from '@reslirp/stack/host';
import { checkPattern, fillPattern } from './pattern.ts';
import type { Timeline } from './timeline.ts';

/** What a server does with each connection. Sizes in bytes, times in milliseconds. */
export interface Script {
  /** The connect is refused. */
  readonly refuse?: Refusal;
  /** Until connect or refusal: 1. */
  readonly after?: number;
  /** Bytes of the connection's stream to send, then the end: 0. */
  readonly send?: number;
  /** Do not end after the last byte. */
  readonly stay?: boolean;
  /** End only when the guest has. */
  readonly endAfterGuest?: boolean;
  /** Nothing is taken from the guest before this time after the opening: 0. */
  readonly stallFor?: number;
  /** Most that one read() or write() moves: no limit. */
  readonly bite?: number;
  /** Reset after so many bytes from the guest. */
  readonly resetAfter?: number;
}

/** The host's end of one connection. */
export interface Peer {
  /** What was connected to. */
  readonly port: number;
  /** Bytes taken from the guest, all checked against stream `key`. */
  readonly received: number;
  readonly sent: number;
  /** 'connecting' until opened; then what ended it, if anything did. */
  readonly state: 'connecting' | 'open' | 'refused' | 'closed' | 'aborted' | 'reset';
  /** The guest's end has come. */
  readonly finished: boolean;
}

/** Streams: the guest sends `port`, the server `port` + 1. */
export class SimulatedHost implements Host {
  readonly peers: SimulatedTcp[] = [];
  readonly #time: Timeline;
  readonly #scripts: Map<number, Script> = new Map();
  /** By port, or path. */
  readonly #doors: Map<number | string, AcceptEvents> = new Map();
  #udp: number = 0;

  constructor(time: Timeline) {
    this.#time = time;
  }

  /** What listens at `port` of every address. */
  listen(port: number, script: Script): void {
    this.#scripts.set(port, script);
  }

  /** Sockets that the stack has not let go of. */
  get open(): number {
    return this.#udp + this.peers.filter((peer) => peer.state === 'connecting' || peer.state === 'open').length;
  }

  /** Of a unix socket the number at the end of its path is what a port is. */
  connect(target: Endpoint | UnixPath, events: TcpEvents): TcpSocket {
    const to = 'path' in target ? { port: Number(/\d+$/.exec(target.path)?.[0] ?? 0) } : target;
    const script = this.#scripts.get(to.port) ?? { refuse: Refusal.REFUSED };
    const peer = new SimulatedTcp(to.port, script, events, this.#time);
    this.peers.push(peer);
    return peer;
  }

  /** Somebody can come by dial() from now on. */
  accept(at: Endpoint | UnixPath, events: AcceptEvents): Acceptor {
    const door = 'path' in at ? at.path : at.port;
    const where = 'path' in at ? Endpoint.of4(0) : at.copy();
    if (this.#doors.has(door)) return this.#inUse(events);
    this.#doors.set(door, events);
    const isOpen = (): boolean => this.#doors.get(door) === events;
    this.#time.schedule(1, () => isOpen() && events.bound(where, this.#time.now));
    return { close: () => void (isOpen() && this.#doors.delete(door)) };
  }

  /** A client of `from` connects to a port or path where somebody accepts; it follows `script`. Null when nobody takes it. */
  dial(from: Endpoint, door: number | string, script: Script): SimulatedTcp | null {
    const key = typeof door === 'number' ? door : 0;
    let peer: SimulatedTcp | null = null;
    const take = (events: TcpEvents): TcpSocket => {
      peer = new SimulatedTcp(key, script, events, this.#time, true);
      this.peers.push(peer);
      return peer;
    };
    this.#doors.get(door)?.accepted({ from, take }, this.#time.now);
    return peer;
  }

  udpAt(at: Endpoint, events: BoundUdpEvents): UdpSocket {
    const where = at.copy();
    const socket = this.udp(4, events);
    let open = true;
    this.#time.schedule(1, () => open && events.bound(where, this.#time.now));
    return {
      send: (to, hops, b, from, end) => socket.send(to, hops, b, from, end),
      close: () => {
        open = false;
        socket.close();
      },
    };
  }

  #inUse(events: AcceptEvents): Acceptor {
    let open = true;
    this.#time.schedule(1, () => open && events.unbound(BindFault.IN_USE, this.#time.now));
    return {
      close: () => {
        open = false;
      },
    };
  }

  /** Sends every datagram back, from where it went. */
  udp(_family: 4 | 6, events: UdpEvents): UdpSocket {
    this.#udp++;
    let open = true;
    return {
      send: (to, _hops, b, at, end) => {
        const copy = b.slice(at, end);
        const from = to.copy();
        this.#time.schedule(1, () => open && events.received(from, copy, 0, copy.length, this.#time.now));
      },
      close: () => {
        if (!open) throw new Error('a UDP socket was closed twice');
        open = false;
        this.#udp--;
      },
    };
  }
}

export class SimulatedTcp implements Peer, TcpSocket {
  received: number = 0;
  sent: number = 0;
  state: Peer['state'] = 'connecting';
  finished: boolean = false;
  readonly port: number;
  readonly #key: number;
  readonly #script: Script;
  readonly #events: TcpEvents;
  readonly #time: Timeline;
  #openedAt: number = 0;
  #endTold: boolean = false;
  #told: boolean = false;
  #waiting: boolean = false;

  constructor(key: number, script: Script, events: TcpEvents, time: Timeline, accepted: boolean = false) {
    this.#key = key;
    this.port = key;
    this.#script = script;
    this.#events = events;
    this.#time = time;
    if (accepted) this.#begin();
    else time.schedule(script.after ?? 1, () => this.#answer());
  }

  read(into: Uint8Array, at: number, end: number): number {
    this.#mustBe('open', 'read');
    const { send = 0, bite = Infinity } = this.#script;
    const n = Math.min(end - at, send - this.sent, bite);
    fillPattern(this.#key + 1, this.sent, into, at, at + n);
    this.sent += n;
    if (n > 0) return n;
    if (!this.#ends() || this.#endTold) return 0;
    this.#endTold = true;
    return END;
  }

  write(b: Uint8Array, at: number, end: number): number {
    this.#mustBe('open', 'write');
    if (this.#told) throw new Error('write() after finish()');
    const stall = this.#openedAt + (this.#script.stallFor ?? 0) - this.#time.now;
    const n = stall > 0 ? 0 : Math.min(end - at, this.#script.bite ?? Infinity);
    checkPattern(this.#key, this.received, b, at, at + n);
    this.received += n;
    if (n < end - at) this.#writableIn(Math.max(1, stall));
    if (this.received >= (this.#script.resetAfter ?? Infinity)) this.#time.schedule(0, () => this.#reset());
    return n;
  }

  finish(): void {
    this.#mustBe('open', 'finish');
    if (this.#told) throw new Error('finish() twice');
    this.#told = true;
    this.finished = true;
    if (this.#script.endAfterGuest === true) this.#later(1, () => this.#events.readable(this.#time.now));
  }

  abort(): void {
    if (this.state !== 'connecting') this.#mustBe('open', 'abort');
    this.state = 'aborted';
  }

  close(): void {
    this.#mustBe('open', 'close');
    if (!this.#told || !this.#endTold) throw new Error('close() before both directions had ended');
    this.state = 'closed';
  }

  #answer(): void {
    if (this.state !== 'connecting') return;
    const { refuse } = this.#script;
    if (refuse !== undefined) {
      this.state = 'refused';
      this.#events.refused(refuse, this.#time.now);
      return;
    }
    this.#begin();
    this.#events.opened(this.#time.now);
  }

  #begin(): void {
    this.state = 'open';
    this.#openedAt = this.#time.now;
    this.#later(1, () => this.#events.readable(this.#time.now));
  }

  #ends(): boolean {
    const { stay, endAfterGuest } = this.#script;
    return stay !== true && (endAfterGuest !== true || this.finished);
  }

  #writableIn(ms: number): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#later(ms, () => {
      this.#waiting = false;
      this.#events.writable(this.#time.now);
    });
  }

  #reset(): void {
    if (this.state !== 'open') return;
    this.state = 'reset';
    this.#events.failed(Refusal.RESET, this.#time.now);
  }

  #later(ms: number, run: () => void): void {
    this.#time.schedule(ms, () => {
      if (this.state === 'open') run();
    });
  }

  #mustBe(state: Peer['state'], call: string): void {
    if (this.state !== state) throw new Error(`${call}() on a socket that is ${this.state}`);
  }
}
