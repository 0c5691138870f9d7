// Where guests come in as WebSockets: HTTP, TLS if there is a certificate, who may, and whether they are still there.
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { type Link, Slabs } from '@reslirp/link';
import { listen, nameOf, type Place, refuseOpen } from '@reslirp/transport-stream';
import { WebSocketServer } from 'ws';
import { type Admission, type Refusal, refusal } from './admission.ts';
import { WsGuest } from './guest.ts';

/** How long a connection may take to become a WebSocket, TLS included, milliseconds. */
const PATIENCE = 10_000;
/** How often a guest is asked whether it is still there, milliseconds. */
const CHECK = 30_000;
/** Connections that are not a WebSocket yet. */
const MOST_WAITING = 64;
const HEADERS = 18;

export interface WsDoorOptions extends Admission {
  readonly place: Place;
  /** PEM. Absent: no TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Largest IP packet that we send, bytes: 1500. */
  readonly mtu?: number;
  /** Longest frame that is taken, bytes: mtu + 18. A longer message ends the link, with code 1009. */
  readonly maxFrame?: number;
  /** How often a guest is asked whether it is still there, milliseconds: 30,000. Who has not answered by the next time is gone. */
  readonly check?: number;
  /** Guests at once: 64. */
  readonly most?: number;
  /** Somebody is in. Nothing has been read yet. */
  guest(link: Link, name: string): void;
  /** Somebody is not let in, and why, in words. */
  refused?(name: string, why: string): void;
}

export interface WsDoor {
  /** Where it is, with the port that was found when it was asked for any. */
  readonly place: Place;
  /** Lets nobody in any more. Who is in stays. */
  close(): void;
}

/** Opens a door. Rejects, in one line, when it cannot be: a port in use, no token for a place that others reach. */
export async function openWs(options: WsDoorOptions): Promise<WsDoor> {
  const { place, tls, token, most = 64 } = options;
  refuseOpen(place, token !== undefined);
  const limits = { headersTimeout: PATIENCE, requestTimeout: PATIENCE, connectionsCheckingInterval: 1_000 };
  const server =
    tls === undefined ? createServer(limits) : createTlsServer({ ...limits, ...tls, handshakeTimeout: PATIENCE });
  server.maxConnections = most + MOST_WAITING;
  const entrance = new Entrance(server, options, most);
  const found = await listen(server, place);
  server.on('error', () => {}); // accept(2) may fail for want of descriptors; the door stays open
  return { place: found, close: () => entrance.close() };
}

class Entrance {
  readonly #server: Server;
  readonly #options: WsDoorOptions;
  readonly #most: number;
  readonly #sockets: WebSocketServer;
  readonly #guests: Set<WsGuest> = new Set();
  readonly #slabs: Slabs = new Slabs();
  readonly #timer: NodeJS.Timeout;

  constructor(server: Server, options: WsDoorOptions, most: number) {
    this.#server = server;
    this.#options = options;
    this.#most = most;
    const { mtu = 1500, maxFrame = mtu + HEADERS } = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false, // packets do not get shorter by it, and memory does
      maxPayload: maxFrame,
    });
    this.#sockets.on('wsClientError', (error, socket) => {
      this.#refuse(socket as Socket, { status: 400, why: `no WebSocket: ${error.message}` });
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    server.on('request', (request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket', 'content-type': 'text/plain' });
      response.end('This is the cable of a virtual network: a WebSocket, each message an Ethernet frame.\n');
      request.resume();
    });
    server.on('tlsClientError', (error, socket) => {
      options.refused?.(nameOf(socket), `no TLS: ${error.message}`);
      socket.destroy();
    });
    server.on('drop', (data) => options.refused?.(`${data?.remoteAddress}`, 'too many connections'));
    this.#timer = setInterval(() => {
      for (const guest of this.#guests) guest.check();
    }, options.check ?? CHECK).unref();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections(); // those of HTTP: guests are none any more
    if (this.#guests.size === 0) clearInterval(this.#timer);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const full = this.#guests.size >= this.#most ? { status: 503, why: 'too many guests' } : null;
    const no = full ?? refusal(request, this.#options);
    if (no !== null) {
      this.#refuse(socket, no);
      return;
    }
    const name = nameOf(socket);
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      const { mtu = 1500, maxFrame = mtu + HEADERS } = this.#options;
      const guest = new WsGuest(ws, socket, { mtu, maxFrame, slabs: this.#slabs });
      this.#guests.add(guest);
      ws.once('close', () => this.#guests.delete(guest));
      socket.setNoDelay(true);
      this.#options.guest(guest.link, name);
    });
  }

  #refuse(socket: Socket, { status, why }: Refusal): void {
    this.#options.refused?.(nameOf(socket), why);
    socket.on('error', () => {});
    const body = `${why}\n`;
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    setTimeout(() => socket.destroy(), 1_000).unref();
  }
}
