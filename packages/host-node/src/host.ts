import { isIPv4, isIPv6, type Socket } from 'node:net';
import type { Endpoint } from '@reslirp/stack/endpoint';
import {
  type AcceptEvents,
  type Acceptor,
  type BoundUdpEvents,
  type Host,
  Refusal,
  type TcpEvents,
  type TcpSocket,
  type UdpEvents,
  type UdpSocket,
  type UnixPath,
} from '@reslirp/stack/host';
import { type AcceptorShared, NodeAcceptor } from './acceptor.ts';
import { ChunkPool } from './chunks.ts';
import { Departures } from './outbox.ts';
import { NodeTcpSocket, RefusedTcpSocket, type TcpShared } from './tcp.ts';
import { NodeUdpSocket, type UdpShared } from './udp.ts';

/** One read of a socket takes this much at most; all sockets share the buffer. */
const READ_BUFFER = 64 * 1024;

export interface NodeHostOptions {
  /** Milliseconds; every event carries it. A Turn's now() keeps a whole turn at one instant: performance.now(). */
  readonly now?: () => number;
  /** What connections and datagrams leave from: the system's choice. */
  readonly localAddress4?: string;
  readonly localAddress6?: string;
  /** TCP sockets at once: 16,384. Beyond them a connect is refused as EXHAUSTED. */
  readonly maxSockets?: number;
  /** UDP sockets at once: 8,192. Beyond them udp() returns null. */
  readonly maxDatagramSockets?: number;
}

export interface NodeHost extends Host {
  /** Open sockets, bytes held for them, and datagrams that were lost for want of room. */
  stats(): { tcpSockets: number; udpSockets: number; heldBytes: number; datagramsLost: number };
  /** Resets every connection and closes every socket; there are no more events, and no more sockets. */
  close(): void;
}

/** Sockets of this process. Throws a TypeError for a local address that is none of its family. */
export function nodeHost(options: NodeHostOptions = {}): NodeHost {
  return new SocketHost(options);
}

class SocketHost implements NodeHost, TcpShared, UdpShared, AcceptorShared {
  readonly now: () => number;
  readonly buffer: Uint8Array = new Uint8Array(READ_BUFFER);
  readonly chunks: ChunkPool = new ChunkPool();
  readonly departures: Departures = new Departures();
  readonly #local4: string | undefined;
  readonly #local6: string | undefined;
  readonly #maxSockets: number;
  readonly #maxDatagramSockets: number;
  readonly #tcp: Set<NodeTcpSocket> = new Set();
  readonly #udp: Set<NodeUdpSocket> = new Set();
  readonly #acceptors: Set<NodeAcceptor> = new Set();
  #lost: number = 0;
  #closed: boolean = false;

  constructor(options: NodeHostOptions) {
    this.now = options.now ?? (() => performance.now());
    this.#local4 = local('localAddress4', options.localAddress4, isIPv4);
    this.#local6 = local('localAddress6', options.localAddress6, isIPv6);
    this.#maxSockets = options.maxSockets ?? 16_384;
    this.#maxDatagramSockets = options.maxDatagramSockets ?? 8_192;
  }

  connect(to: Endpoint | UnixPath, events: TcpEvents): TcpSocket {
    if (this.#closed || this.#tcp.size >= this.#maxSockets) {
      return new RefusedTcpSocket(Refusal.EXHAUSTED, events, this.now);
    }
    const socket = NodeTcpSocket.connect(to, events, this);
    this.#tcp.add(socket);
    return socket;
  }

  udp(family: 4 | 6, events: UdpEvents): UdpSocket | null {
    if (this.#closed || this.#udp.size >= this.#maxDatagramSockets) return null;
    const socket = new NodeUdpSocket(family, events, this);
    if (!socket.bind()) return null;
    this.#udp.add(socket);
    return socket;
  }

  accept(at: Endpoint | UnixPath, events: AcceptEvents): Acceptor {
    const acceptor = new NodeAcceptor(at, events, this);
    if (this.#closed) acceptor.close();
    else this.#acceptors.add(acceptor);
    return acceptor;
  }

  udpAt(at: Endpoint, events: BoundUdpEvents): UdpSocket {
    const full = this.#closed || this.#udp.size >= this.#maxDatagramSockets;
    const socket = new NodeUdpSocket(at.is4 ? 4 : 6, events, this);
    this.#udp.add(socket);
    if (full) queueMicrotask(() => socket.refuse(events));
    else socket.bindTo(at, events);
    return socket;
  }

  stats(): ReturnType<NodeHost['stats']> {
    return {
      tcpSockets: this.#tcp.size,
      udpSockets: this.#udp.size,
      heldBytes: this.chunks.held,
      datagramsLost: this.#lost,
    };
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#tcp) socket.abort();
    for (const socket of this.#udp) socket.close();
    for (const acceptor of this.#acceptors) acceptor.close();
  }

  get full(): boolean {
    return this.#tcp.size >= this.#maxSockets;
  }

  adopt(socket: Socket, local: boolean, events: TcpEvents): TcpSocket {
    const adopted = NodeTcpSocket.adopt(socket, local, events, this);
    this.#tcp.add(adopted);
    return adopted;
  }

  localAddress(family: 4 | 6): string | undefined {
    return family === 4 ? this.#local4 : this.#local6;
  }

  lost(): void {
    this.#lost++;
  }

  gone(socket: NodeTcpSocket | NodeUdpSocket | NodeAcceptor): void {
    if (socket instanceof NodeAcceptor) this.#acceptors.delete(socket);
    else if (socket instanceof NodeTcpSocket) this.#tcp.delete(socket);
    else this.#udp.delete(socket);
  }
}

function local(
  name: 'localAddress4' | 'localAddress6',
  address: string | undefined,
  isOne: (text: string) => boolean,
): string | undefined {
  if (address === undefined || isOne(address)) return address;
  throw new TypeError(`${name}: '${address}' is no IPv${name.at(-1)} address`);
}
