// Where clients come in: a unix socket of this user's alone, or loopback with a token. It keeps no process alive by itself.
import { createServer, type ServerOptions } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { isLoopback, listen, type Place } from '@reslirp/transport-stream';
import { newApp } from './app.ts';
import type { Controlled } from './controlled.ts';

export interface ApiOptions {
  readonly place: Place;
  readonly controlled: Controlled;
  readonly program: { readonly name: string; readonly version: string };
  /** Clients show it as `Authorization: Bearer`. Needed on TCP; on a unix socket nobody is asked unless there is one. */
  readonly token?: string;
  /** Hears of every change that a client makes, in words. */
  changed?(what: string): void;
  /** Hears of what broke in answering. */
  failed?(error: Error): void;
}

export interface Api {
  /** Where it is, with the port that was found when it was asked for any. */
  readonly place: Place;
  /** No more requests; connections end, and the socket goes. */
  close(): void;
}

/** At once. */
const MOST_CONNECTIONS = 32;
const LIMITS: ServerOptions = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8_192,
};
/** How long a connection may be silent, milliseconds: also one that does not read its answer. */
const SILENCE = 20_000;

/** Opens the API. Rejects, in one line, when it cannot be: a port in use, a place that others than this machine reach. */
export async function openApi(options: ApiOptions): Promise<Api> {
  const { place, controlled, program, token = null, changed = () => {}, failed = () => {} } = options;
  if (!isLoopback(place)) throw new Error('others than this machine come in there: the API is for this machine alone');
  if (place.kind === 'tcp' && token === null)
    throw new Error('other users, and guests, come in there: that needs a token');
  const app = newApp({ controlled, program, admission: { place, token }, changed, failed });
  const server = createServer(LIMITS, getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  server.maxConnections = MOST_CONNECTIONS;
  server.setTimeout(SILENCE);
  server.on('connection', (socket) => socket.unref());
  const found = await listen(server, place);
  server.on('error', () => {}); // accept(2) may fail for want of descriptors; the door stays open
  server.unref();
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { place: found, close };
}
