// Where guests come in: a listening socket, TLS if there is a certificate, and a token if there is one.
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { listen, refuseOpen } from './listen.ts';
import { nameOf } from './peer-name.ts';
import type { Place } from './place.ts';
import { readToken } from './token.ts';

/** How long a connection may take to show its token, TLS included, milliseconds. */
const PATIENCE = 10_000;
/** Connections that have not shown theirs. Beyond them the new one is closed. */
const MOST_WAITING = 64;

export interface DoorOptions {
  readonly place: Place;
  /** PEM. Absent: no TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** A line of at most 256 bytes that comes before the first frame. Absent: everybody is let in, and only from this machine. */
  readonly token?: string;
  /** How long a connection may take to show it, milliseconds: 10,000. */
  readonly patience?: number;
  /** Somebody is in. Nothing has been read yet; errors are the owner's from now on. */
  guest(socket: Socket, name: string): void;
  /** Somebody is not let in, and why, in words. */
  refused?(name: string, why: string): void;
}

export interface Door {
  /** Where it is, with the port that was found when it was asked for any. */
  readonly place: Place;
  /** Lets nobody in any more. Who is in stays. */
  close(): void;
}

/** Opens a door. Rejects, in one line, when it cannot be: a port in use, no token for a place that others reach. */
export async function open(options: DoorOptions): Promise<Door> {
  const { place, tls, token } = options;
  refuseOpen(place, token !== undefined);
  const waiting = new Set<Socket>();
  const arrived = (socket: Socket): void => admit(socket, options, waiting);
  const server =
    tls === undefined ? createServer(arrived) : createTlsServer({ ...tls, handshakeTimeout: PATIENCE }, arrived);
  server.on('tlsClientError', (error, socket) => {
    options.refused?.(nameOf(socket), `no TLS: ${error.message}`);
    socket.destroy();
  });
  const found = await listen(server, place);
  server.on('error', () => {}); // accept(2) may fail for want of descriptors; the door stays open
  const close = (): void => {
    server.close();
    for (const socket of waiting) socket.destroy();
  };
  return { place: found, close };
}

function admit(socket: Socket, options: DoorOptions, waiting: Set<Socket>): void {
  const name = nameOf(socket);
  const { token, patience = PATIENCE } = options;
  if (token === undefined) {
    options.guest(socket, name);
    return;
  }
  const ignore = (): void => {};
  const refuse = (why: string): void => {
    options.refused?.(name, why);
    socket.destroy();
  };
  socket.on('error', ignore);
  if (waiting.size >= MOST_WAITING) {
    refuse('too many wait without a token');
    return;
  }
  waiting.add(socket);
  readToken(socket, token, patience, (why) => {
    waiting.delete(socket);
    if (why !== null) {
      refuse(why);
      return;
    }
    options.guest(socket, name);
    socket.off('error', ignore);
  });
}
