// A listening socket of the host.
import { createServer, type Server, type Socket } from 'node:net';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { AcceptEvents, Acceptor, TcpEvents, TcpSocket } from '@reslirp/stack/host';
import { addressText, fillAddress } from './address.ts';
import { bindFaultOf } from './refusal.ts';

/** Connections that wait to be accepted. */
const BACKLOG = 1_024;

/** What the listening sockets of one host share. */
export interface AcceptorShared {
  readonly now: () => number;
  /** There are as many connections as there may be. */
  readonly full: boolean;
  /** The socket of an accepted connection. */
  adopt(socket: Socket, events: TcpEvents): TcpSocket;
  gone(acceptor: NodeAcceptor): void;
}

export class NodeAcceptor implements Acceptor {
  readonly #events: AcceptEvents;
  readonly #shared: AcceptorShared;
  readonly #server: Server;
  readonly #from: Endpoint = new Endpoint();
  #silent: boolean = false;

  constructor(at: Endpoint, events: AcceptEvents, shared: AcceptorShared) {
    this.#events = events;
    this.#shared = shared;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (s) => this.#offer(s));
    this.#server.on('error', (error) => this.#broke(error));
    this.#server.listen(
      { host: addressText(at), port: at.port, backlog: BACKLOG, ipv6Only: !at.is4, exclusive: true },
      () => this.#bound(),
    );
  }

  close(): void {
    this.#silent = true;
    this.#server.close();
    this.#shared.gone(this);
  }

  #bound(): void {
    const address = this.#server.address();
    if (this.#silent || address === null || typeof address === 'string') return;
    const at = new Endpoint();
    fillAddress(at, address.address, address.port);
    this.#events.bound(at, this.#shared.now());
  }

  /** Later ones are of single connections, and those have left. */
  #broke(error: Error): void {
    if (this.#silent || this.#server.listening) return;
    this.#silent = true;
    this.#shared.gone(this);
    this.#events.unbound(bindFaultOf(error), this.#shared.now());
  }

  #offer(socket: Socket): void {
    let taken = false;
    socket.on('error', () => {}); // of one that nobody wants
    const known = fillAddress(this.#from, socket.remoteAddress?.split('%')[0] ?? '', socket.remotePort ?? 0);
    if (known && !this.#silent && !this.#shared.full) {
      const take = (events: TcpEvents): TcpSocket => {
        taken = true;
        return this.#shared.adopt(socket, events);
      };
      this.#events.accepted({ from: this.#from, take }, this.#shared.now());
    }
    if (taken) socket.resume();
    else socket.resetAndDestroy();
  }
}
