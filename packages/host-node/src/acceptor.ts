// A listening socket of the host.
import { existsSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { Endpoint } from '@reslirp/stack/endpoint';
import {
  type AcceptEvents,
  type Acceptor,
  BindFault,
  type TcpEvents,
  type TcpSocket,
  type UnixPath,
} from '@reslirp/stack/host';
import { addressText, fillAddress } from './address.ts';
import { bindFaultOf } from './refusal.ts';

/** Connections that wait to be accepted. */
const BACKLOG = 1_024;

/** Bytes of a path (unix(7)). Of a longer one Node takes the beginning. */
const LONGEST_PATH = 107;

/** What the listening sockets of one host share. */
export interface AcceptorShared {
  readonly now: () => number;
  /** There are as many connections as there may be. */
  readonly full: boolean;
  /** The socket of an accepted connection; `local`: to a unix socket. */
  adopt(socket: Socket, local: boolean, events: TcpEvents): TcpSocket;
  gone(acceptor: NodeAcceptor): void;
}

export class NodeAcceptor implements Acceptor {
  readonly #events: AcceptEvents;
  readonly #shared: AcceptorShared;
  readonly #server: Server;
  /** Of a unix socket. */
  readonly #path: string | null;
  readonly #from: Endpoint = Endpoint.of4(0);
  #silent: boolean = false;

  constructor(at: Endpoint | UnixPath, events: AcceptEvents, shared: AcceptorShared) {
    this.#events = events;
    this.#shared = shared;
    this.#path = 'path' in at ? at.path : null;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (s) => this.#offer(s));
    this.#server.on('error', (error) => this.#broke(bindFaultOf(error)));
    if ('path' in at) this.#listenAt(at.path);
    else this.#listen(at);
  }

  close(): void {
    if (this.#silent) return;
    this.#silent = true;
    this.#server.close();
    this.#shared.gone(this);
  }

  #listen(at: Endpoint): void {
    this.#server.listen(
      { host: addressText(at), port: at.port, backlog: BACKLOG, ipv6Only: !at.is4, exclusive: true },
      () => this.#bound(),
    );
  }

  #listenAt(path: string): void {
    if (!isPath(path)) queueMicrotask(() => this.#broke(BindFault.NOT_LOCAL));
    else this.#server.listen({ path, backlog: BACKLOG, exclusive: true }, () => this.#bound());
  }

  #bound(): void {
    const address = this.#server.address();
    if (this.#silent || address === null) return;
    const at = Endpoint.of4(0);
    if (typeof address !== 'string') fillAddress(at, address.address, address.port);
    this.#events.bound(at, this.#shared.now());
  }

  /** Later ones are of single connections, and those have left. */
  #broke(fault: BindFault): void {
    if (this.#silent || this.#server.listening) return;
    this.#silent = true;
    this.#shared.gone(this);
    // To libuv a folder that is not there is one that is forbidden
    const missing = fault === BindFault.DENIED && this.#path !== null && !existsSync(dirname(this.#path));
    this.#events.unbound(missing ? BindFault.NOT_LOCAL : fault, this.#shared.now());
  }

  #offer(socket: Socket): void {
    let taken = false;
    socket.on('error', () => {}); // of one that nobody wants
    if (this.#isKnown(socket) && !this.#silent && !this.#shared.full) {
      const take = (events: TcpEvents): TcpSocket => {
        taken = true;
        return this.#shared.adopt(socket, this.#path !== null, events);
      };
      this.#events.accepted({ from: this.#from, take }, this.#shared.now());
    }
    if (taken) socket.resume();
    else if (this.#path === null) socket.resetAndDestroy();
    else socket.destroy();
  }

  /** Clients of a unix socket have no address; one that has left has none any more. */
  #isKnown({ remoteAddress, remotePort }: Socket): boolean {
    return this.#path !== null || fillAddress(this.#from, remoteAddress?.split('%')[0] ?? '', remotePort ?? 0);
  }
}

function isPath(path: string): boolean {
  return path !== '' && !path.includes('\0') && Buffer.byteLength(path) <= LONGEST_PATH;
}
