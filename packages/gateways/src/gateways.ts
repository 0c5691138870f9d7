// Which connections are read along in, and by whom. All else goes to the host's sockets untouched.
import type { GatewayNet, Gateways, TcpHost } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { AcceptEvents, Client, Parties, TcpEvents, TcpSocket, UnixPath } from '@reslirp/stack/host';
import type { Connection } from './connection.ts';
import { Expectations } from './expectations.ts';
import { ftpClient } from './ftp/client.ts';
import { ftpServer } from './ftp/server.ts';
import { identClient, identServer } from './ident.ts';
import { irc } from './irc.ts';
import { type Owner, type Session, WatchedSocket } from './watched-socket.ts';

type MakeSession = (connection: Connection) => Session;

/** By the port that the guest connects to. */
const CLIENTS: ReadonlyMap<number, MakeSession> = new Map([
  [21, ftpClient],
  [113, identClient],
  [6667, irc],
  [6668, irc],
]);
/** By the guest's port, which a forward leads to. */
const SERVERS: ReadonlyMap<number, MakeSession> = new Map([
  [21, ftpServer],
  [113, identServer],
]);

/** Connections that are read along in at once: some 11 KiB each. Those beyond go as they are. */
const MOST = 1_024;
/** How long what waits may keep a connection that is closed, milliseconds. As long as host-node waits for the rest. */
const LINGER = 60_000;
/** Poll() has to give it its time. */
const SOON = -Infinity;

/** FTP, IRC DCC and ident, for one stack. */
export function applicationGateways(): Gateways {
  return new ApplicationGateways();
}

class ApplicationGateways implements Gateways, Owner {
  readonly #watched: Set<WatchedSocket> = new Set();
  /** Of those that are closed and still have something to send: until when they may. */
  readonly #lingering: Map<WatchedSocket, number> = new Map();
  #expectations: Expectations | null = null;
  #unwatched: number = 0;

  between(host: TcpHost, net: GatewayNet): TcpHost {
    const expectations = new Expectations(host, net);
    this.#expectations = expectations;
    return {
      connect: (to, events, tos, parties) => {
        const make = parties === undefined || 'path' in to ? undefined : CLIENTS.get(parties.remote.port);
        const open = (its: TcpEvents): TcpSocket => host.connect(to, its, tos, parties);
        return make === undefined
          ? open(events)
          : this.#watch(make, expectations, to as Endpoint, parties!, events, open);
      },
      accept: (at, events) => host.accept(at, this.#accepting(at, events, expectations)),
    };
  }

  poll(now: number): void {
    this.#expectations?.poll(now);
    for (const [socket, until] of this.#lingering) {
      if (until === SOON) this.#lingering.set(socket, now + LINGER);
      else if (until <= now) socket.abort();
    }
  }

  deadline(): number {
    let first = this.#expectations?.deadline() ?? Infinity;
    for (const until of this.#lingering.values()) first = Math.min(first, until);
    return first;
  }

  close(): void {
    this.#expectations?.close();
    for (const socket of this.#lingering.keys()) socket.abort();
  }

  stats(): Record<string, number> {
    const { size = 0, counters = {} } = this.#expectations ?? {};
    return { watched: this.#watched.size, unwatched: this.#unwatched, expected: size, ...counters };
  }

  lingers(socket: WatchedSocket): void {
    this.#lingering.set(socket, SOON);
  }

  gone(socket: WatchedSocket): void {
    this.#watched.delete(socket);
    this.#lingering.delete(socket);
  }

  /** Clients of a forward. Those of a unix socket have no address that they could name. */
  #accepting(at: Endpoint | UnixPath, events: AcceptEvents, expectations: Expectations): AcceptEvents {
    if ('path' in at) return events;
    return {
      bound: (host, now) => events.bound(host, now),
      unbound: (why, now) => events.unbound(why, now),
      accepted: (client, now) => events.accepted(this.#client(client, expectations), now),
    };
  }

  #client(client: Client, expectations: Expectations): Client {
    const { from } = client;
    return {
      from,
      take: (events, parties) => {
        const make = parties === undefined ? undefined : SERVERS.get(parties.guest.port);
        const open = (its: TcpEvents): TcpSocket => client.take(its, parties);
        return make === undefined ? open(events) : this.#watch(make, expectations, from, parties!, events, open);
      },
    };
  }

  #watch(
    make: MakeSession,
    expectations: Expectations,
    far: Endpoint,
    { guest, remote }: Parties,
    events: TcpEvents,
    open: (its: TcpEvents) => TcpSocket,
  ): TcpSocket {
    if (this.#watched.size >= MOST) {
      this.#unwatched++;
      return open(events);
    }
    const near = (): Endpoint | null => {
      const e = new Endpoint();
      return socket.local(e) ? e : null;
    };
    const session = make({ guest, remote, far: far.copy(), expectations, near });
    const socket = new WatchedSocket(events, session, this);
    this.#watched.add(socket);
    return socket.attach(open(socket));
  }
}
