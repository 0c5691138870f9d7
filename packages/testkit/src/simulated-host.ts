// A Host of the imagination: servers with scripts instead of sockets. It is as unkind as the contract allows, and throws
// where the stack is: a call after the end, bytes that are not the guest's.
import { Endpoint } from '@reslirp/stack/endpoint';
import {
  type AcceptEvents,
  type Acceptor,
  type BindEvents,
  BindFault,
  type BoundUdpEvents,
  type Host,
  Refusal,
  type TcpEvents,
  type TcpSocket,
  type UdpEvents,
  type UdpSocket,
  type UnixPath,
} from '@reslirp/stack/host';
import { type Script, Scripted, type Streams } from './script.ts';
import { type Program, SimulatedTcp } from './simulated-tcp.ts';
import { type Datagrams, SimulatedUdp } from './simulated-udp.ts';
import type { Timeline } from './timeline.ts';

const FIRST_DOOR = 49_152;
/** Of a path: sockaddr_un has room for so many, and a zero. */
const LONGEST_PATH = 107;
/** There is one directory. */
const A_PATH = /^\/run\/[^/\0]+$/;

export interface HostOptions {
  /** Throw when the stack breaks the rules: true. A real host does nothing then. */
  readonly strict?: boolean;
}

/** What happens to who connects: a script, or whatever a function makes. */
type Server = Script | (() => Program);

/** Streams: the guest sends `port`, the server `port` + 1. */
export class SimulatedHost implements Host {
  readonly peers: SimulatedTcp[] = [];
  readonly datagrams: SimulatedUdp;
  readonly #time: Timeline;
  readonly #strict: boolean;
  readonly #servers: Map<number, Server> = new Map();
  /** By port, or path. */
  readonly #doors: Map<number | string, AcceptEvents> = new Map();
  #nextDoor: number = FIRST_DOOR;
  #udp: number = 0;

  constructor(time: Timeline, { strict = true }: HostOptions = {}) {
    this.#time = time;
    this.#strict = strict;
    this.datagrams = new SimulatedUdp(time);
  }

  /** What listens at `port` of every address. */
  listen(port: number, server: Server): void {
    this.#servers.set(port, server);
  }

  /** Sockets that the stack has not let go of. */
  get open(): number {
    return this.#udp + this.peers.filter((peer) => peer.state === 'connecting' || peer.state === 'open').length;
  }

  /** Places where somebody can come by dial(). */
  get doors(): number {
    return this.#doors.size;
  }

  /** Of a unix socket the number at the end of its path is what a port is. */
  connect(target: Endpoint | UnixPath, events: TcpEvents): TcpSocket {
    const port = 'path' in target ? Number(/\d+$/.exec(target.path)?.[0] ?? 0) : target.port;
    const server = this.#servers.get(port) ?? { refuse: Refusal.REFUSED };
    const script = typeof server === 'function' ? {} : server;
    const peer = this.#peer(port, programOf(server, { says: port + 1, hears: port }), events);
    this.#time.schedule(script.after ?? 1, () => peer.answer(script.refuse));
    return peer;
  }

  /** Somebody can come by dial() from now on. */
  accept(at: Endpoint | UnixPath, events: AcceptEvents): Acceptor {
    const door = 'path' in at ? at.path : at.port === 0 ? this.#nextDoor++ : at.port;
    const where = typeof door === 'string' ? Endpoint.of4(0) : at instanceof Endpoint ? at.copy() : new Endpoint();
    if (typeof door === 'number') where.port = door;
    const fault = this.#doors.has(door) ? BindFault.IN_USE : this.#canBe(at) ? null : BindFault.NOT_LOCAL;
    if (fault === null) this.#doors.set(door, events);
    const close = this.#binding(events, where, fault);
    return {
      close: () => {
        close();
        if (this.#doors.get(door) === events) this.#doors.delete(door);
      },
    };
  }

  /**
   * A client of `from` connects to a port or path where somebody accepts, and follows `server`. Null when nobody takes it.
   * `streams`: as of a server on that port.
   */
  dial(from: Endpoint, door: number | string, server: Server, streams?: Streams): SimulatedTcp | null {
    const port = typeof door === 'number' ? door : 0;
    let peer: SimulatedTcp | null = null;
    const take = (events: TcpEvents): TcpSocket => {
      peer = this.#peer(port, programOf(server, streams ?? { says: port + 1, hears: port }), events);
      peer.begin();
      return peer;
    };
    this.#doors.get(door)?.accepted({ from, take }, this.#time.now);
    return peer;
  }

  udpAt(at: Endpoint, events: BoundUdpEvents): UdpSocket {
    const socket = this.#open(at.port, events);
    const where = at.copy();
    where.port = socket?.at.port ?? at.port;
    const close = this.#binding(events, where, socket === null ? BindFault.IN_USE : null);
    const udp = socket === null ? null : this.#udpSocket(socket);
    return {
      send: (to, hops, b, from, end) => udp?.send(to, hops, b, from, end),
      close: () => {
        close();
        udp?.close();
      },
    };
  }

  udp(_family: 4 | 6, events: UdpEvents): UdpSocket | null {
    const socket = this.#open(0, events);
    return socket === null ? null : this.#udpSocket(socket);
  }

  #peer(port: number, program: Program, events: TcpEvents): SimulatedTcp {
    const peer = new SimulatedTcp(port, program, events, this.#time, this.#strict);
    this.peers.push(peer);
    return peer;
  }

  #open(port: number, events: UdpEvents): Datagrams | null {
    return this.datagrams.open(port, (from, b, now) => events.received(from, b, 0, b.length, now));
  }

  #udpSocket(socket: Datagrams): UdpSocket {
    this.#udp++;
    let open = true;
    const refuses = (call: string): boolean => {
      if (!open && this.#strict) throw new Error(`${call}() on a UDP socket that was closed`);
      return !open;
    };
    return {
      send: (to, _hops, b, at, end) => void (refuses('send') || socket.send(to, b.subarray(at, end))),
      close: () => {
        if (refuses('close')) return;
        open = false;
        this.#udp--;
        socket.close();
      },
    };
  }

  /** Tells in a moment whether it worked, unless what is returned was called before. */
  #binding(events: BindEvents, where: Endpoint, fault: BindFault | null): () => void {
    let open = true;
    this.#time.schedule(1, () => {
      if (!open) return;
      if (fault === null) events.bound(where, this.#time.now);
      else events.unbound(fault, this.#time.now);
    });
    return () => {
      open = false;
    };
  }

  /** An address of this machine's, or a path that a socket can have. */
  #canBe(at: Endpoint | UnixPath): boolean {
    if (!('path' in at)) return at.isLoopback || (at.w3 === 0 && (at.is4 || (at.w0 | at.w1 | at.w2) === 0));
    return at.path.length <= LONGEST_PATH && A_PATH.test(at.path);
  }
}

function programOf(server: Server, streams: Streams): Program {
  return typeof server === 'function' ? server() : new Scripted(server, streams);
}
