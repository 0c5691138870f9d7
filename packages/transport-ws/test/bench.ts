// A door, and clients of every kind at it.
import { connect, type Socket } from 'node:net';
import type { Link } from '@reslirp/link';
import { type Place, parsePlace } from '@reslirp/transport-stream';
import { WebSocket } from 'ws';
import { openWs, type WsDoor, type WsDoorOptions } from '../src/server.ts';

export const ANY: Place = parsePlace('127.0.0.1:0')!;

export interface Bench {
  readonly door: WsDoor;
  readonly port: number;
  readonly guests: [Link, string][];
  readonly refused: string[];
}

const toClose: (() => void)[] = [];

export function closeAll(): void {
  for (const close of toClose.splice(0)) close();
}

export async function bench(options: Partial<WsDoorOptions> = {}): Promise<Bench> {
  const guests: [Link, string][] = [];
  const refused: string[] = [];
  const door = await openWs({
    place: ANY,
    guest: (link, name) => guests.push([link, name]),
    refused: (_, why) => refused.push(why),
    ...options,
  });
  toClose.push(() => {
    for (const [link] of guests) link.close();
    door.close();
  });
  return { door, port: door.place.kind === 'tcp' ? door.place.port : -1, guests, refused };
}

/** How the opening handshake ended: null when it is open, else the status of HTTP. */
export function knock(
  port: number,
  options: Record<string, unknown> = {},
  path: string = '/',
): Promise<[WebSocket, number | null]> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false, ...options });
  toClose.push(() => socket.terminate());
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.once('open', () => resolve([socket, null]));
    socket.once('unexpected-response', (_, response) => {
      response.resume();
      resolve([socket, response.statusCode ?? 0]);
    });
  });
}

export async function client(port: number): Promise<WebSocket> {
  const [socket] = await knock(port);
  return socket;
}

/** The code and the words of a close. */
export function closed(socket: WebSocket): Promise<string> {
  return new Promise((resolve) => socket.once('close', (code, reason) => resolve(`${code} ${reason}`.trim())));
}

export async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !done(); i++) await pause(5);
  if (!done()) throw new Error('never');
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A WebSocket made by hand: whoever has it may send anything. */
export async function byHand(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  toClose.push(() => socket.destroy());
  socket.write(
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}
