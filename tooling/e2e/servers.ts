// What the guest talks to: servers on this machine's loopback, which the guest reaches under the gateway's address.
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer as createHttp } from 'node:http';
import { createServer, type Socket } from 'node:net';
import * as Dns from '@reslirp/wire/dns';

export interface Server {
  readonly port: number;
  close(): void;
}

/** The same bytes every time: block `i` of 64 KiB begins with its number. */
export function block(i: number): Buffer {
  const b = Buffer.alloc(65_536, PATTERN);
  b.writeUInt32BE(i);
  return b;
}
const PATTERN = createHash('sha512').update('reslirp').digest();

/** What GET /hello says. */
export const HELLO = 'hello from the host\n';

/** SHA-256 of the first `blocks` blocks. */
export function hashOf(blocks: number): string {
  const hash = createHash('sha256');
  for (let i = 0; i < blocks; i++) hash.update(block(i));
  return hash.digest('hex');
}

/** GET /blocks/N sends N blocks; PUT answers with the SHA-256 of what came; GET /hello greets. */
export async function http(host: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Server> {
  const server = createHttp((request, response) => {
    request.on('error', () => {});
    response.on('error', () => {});
    if (request.method === 'PUT') {
      const hash = createHash('sha256');
      request.on('data', (b) => hash.update(b)).on('end', () => response.end(`${hash.digest('hex')}\n`));
      return;
    }
    const blocks = Number(/^\/blocks\/(\d+)$/.exec(request.url ?? '')?.[1] ?? 0);
    if (blocks === 0) {
      response.end(HELLO);
      return;
    }
    let i = 0;
    const more = (): void => {
      while (i < blocks) if (!response.write(block(i++))) return;
      response.end();
    };
    response.on('drain', more);
    more();
  });
  return listening(server, host);
}

/** Takes everything until the other side has finished, and answers as sha256sum(1) would. */
export function hasher(): Promise<Server> {
  return tcp((socket) => {
    const hash = createHash('sha256');
    socket.on('data', (b) => hash.update(b)).on('end', () => socket.end(`${hash.digest('hex')}  -\n`));
  });
}

/** A port of TCP that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = await tcp(() => {});
  server.close();
  return server.port;
}

/** Any TCP server, each connection in the hands of `serve`. */
export function tcp(serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  return listening(server);
}

function listening(server: ReturnType<typeof createServer>, host: string = '127.0.0.1'): Promise<Server> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return new Promise((resolve) => {
    server.listen(0, host, 1_024, () => resolve({ port: (server.address() as { port: number }).port, close }));
  });
}

/** Sends every datagram back. */
export function udpEcho(host: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Server> {
  const socket = createSocket(host === '::1' ? 'udp6' : 'udp4');
  socket.on('message', (b, from) => socket.send(b, from.port, from.address));
  return new Promise((resolve) => {
    socket.bind(0, host, () => resolve({ port: socket.address().port, close: () => socket.close() }));
  });
}

/** A resolver on UDP and TCP that knows every name: TXT records of `size` bytes, and 192.0.2.7 for A. */
export async function dns(size: number = 20): Promise<Server> {
  const stream = await tcp((socket) => {
    let held = Buffer.alloc(0);
    socket.on('data', (b) => {
      held = Buffer.concat([held, b]);
      if (held.length < 2 || held.length < 2 + held.readUInt16BE()) return;
      const reply = answer(held.subarray(2), size);
      socket.end(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
    });
  });
  const datagrams = createSocket('udp4');
  datagrams.on('message', (query, from) => datagrams.send(answer(query, size), from.port, from.address));
  await new Promise<void>((resolve) => datagrams.bind(stream.port, '127.0.0.1', resolve));
  const close = (): void => {
    stream.close();
    datagrams.close();
  };
  return { port: stream.port, close };
}

function answer(query: Buffer, size: number): Buffer {
  const afterName = Dns.nameEnd(query, Dns.HEADER, query.length);
  const type = Dns.questionType(query, afterName);
  const header = Buffer.from(query.subarray(0, afterName + 4));
  Dns.emit(header, 0, Dns.id(query, 0), Dns.Flag.RESPONSE | Dns.Flag.RA | Dns.Flag.RD, 1);
  header.writeUInt16BE(1, 6);
  return Buffer.concat([header, record(type, type === Dns.Type.A ? Buffer.from([192, 0, 2, 7]) : text(size))]);
}

/** The name is a pointer to the question's (RFC 1035 4.1.4). */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | Dns.HEADER);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function text(size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let left = size; left > 0; left -= 255) {
    const n = Math.min(255, left);
    pieces.push(Buffer.from([n]), Buffer.alloc(n, 'x'));
  }
  return Buffer.concat(pieces);
}
