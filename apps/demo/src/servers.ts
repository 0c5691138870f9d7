// The outside of the demonstration: a web server and a nameserver on this machine's loopback.
import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { put16, put32 } from '@reslirp/wire/bytes';
import * as Dns from '@reslirp/wire/dns';
import type { Payload } from './payload.ts';

const LOOPBACK = '127.0.0.1';
export const PAGE = 'It works: this page came from a server on 127.0.0.1.\n';

export interface Listening {
  readonly port: number;
  close(): void;
}

/** GET / is a page, GET /payload the payload, and PUT /payload answers with the SHA-256 of what it got. */
export async function webServer(payload: Payload): Promise<Listening> {
  const server: Server = createServer((request, response) => {
    answer(request, response, payload).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, payload: Payload): Promise<void> {
  if (request.url === '/') {
    response.end(PAGE);
  } else if (request.url !== '/payload') {
    response.writeHead(404).end();
  } else if (request.method === 'GET') {
    response.setHeader('Content-Length', payload.size);
    Readable.from(copies(payload.blocks())).pipe(response);
  } else {
    const hash = createHash('sha256');
    for await (const chunk of request) hash.update(chunk as Buffer);
    response.end(hash.digest('hex'));
  }
}

/** A stream keeps what it was given until it is sent. */
function* copies(blocks: Iterable<Buffer>): Generator<Buffer> {
  for (const block of blocks) yield Buffer.from(block);
}

/** Knows one name, which is at `ip`. */
export async function nameServer(name: string, ip: number): Promise<Listening> {
  const socket: Socket = createSocket('udp4');
  const question = new Uint8Array(Dns.MAX_UDP);
  const end = Dns.emitQuestion(question, Dns.emit(question, 0, 0, Dns.Flag.RD, 1), question.length, name, Dns.Type.A);
  socket.on('message', (query, from) => {
    if (Dns.check(query, 0, query.length) !== Dns.Malformed.NO) return;
    const known = Dns.sameQuestion(query, 0, query.length, question, 0, end);
    socket.send(known ? found(query, end, ip) : notFound(query), from.port, from.address);
  });
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close() };
}

/** The question, and one record of type A behind it (RFC 1035 4.1.3). */
function found(query: Buffer, end: number, ip: number): Uint8Array {
  const b = new Uint8Array(end + 16);
  b.set(query.subarray(0, end));
  Dns.emit(b, 0, Dns.id(query, 0), Dns.Flag.RESPONSE | Dns.Flag.AUTHORITATIVE | Dns.Flag.RD | Dns.Flag.RA, 1);
  put16(b, 6, 1); // answers
  put16(b, end, 0xc000 | Dns.HEADER); // the name of the question
  put16(b, end + 2, Dns.Type.A);
  put16(b, end + 4, Dns.Class.IN);
  put32(b, end + 6, 60); // seconds
  put16(b, end + 10, 4);
  put32(b, end + 12, ip);
  return b;
}

function notFound(query: Buffer): Uint8Array {
  const b = new Uint8Array(query);
  return b.subarray(0, Dns.refuse(b, 0, b.length, Dns.Rcode.NAME));
}
