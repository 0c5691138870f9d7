// Both ends as links: the server's, and the one for browsers on each WebSocket there is.
import { type LinkUnderTest, linkContract } from '@reslirp/link/contract';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer as Servers, WebSocket, type WebSocketServer } from 'ws';
import { type WebSocketLike, wsLink } from '../src/index.ts';
import { bench, client, closeAll, pause, until } from './bench.ts';

const servers: WebSocketServer[] = [];
afterEach(() => {
  closeAll();
  for (const server of servers.splice(0)) {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
});
const settle = (): Promise<void> => pause(60);

/** Until nothing more has come for a while. */
async function quiet(arrived: readonly Uint8Array[]): Promise<void> {
  for (let before = -1; before !== arrived.length; ) {
    before = arrived.length;
    await pause(150);
  }
}

async function serverSide(): Promise<LinkUnderTest> {
  const { port, guests } = await bench();
  const far = await client(port);
  const arrived: Uint8Array[] = [];
  far.on('message', (b: Buffer) => arrived.push(Uint8Array.from(b)));
  await until(() => guests.length > 0);
  return { link: guests[0]![0], arrived, send: (frame) => far.send(frame), hangUp: () => far.close(1000), settle };
}

/** A link on what `connect` makes, and the library's server at the other end. */
async function browserSide(connect: (url: string) => WebSocketLike, keeps: boolean): Promise<LinkUnderTest> {
  const server = new Servers({ port: 0, host: '127.0.0.1' });
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const arrived: Uint8Array[] = [];
  const far = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  const link = wsLink(connect(`ws://127.0.0.1:${port}/`), { keeps });
  const socket = await far;
  socket.on('message', (b: Buffer) => arrived.push(Uint8Array.from(b)));
  await settle();
  return {
    link,
    arrived,
    send: (frame) => socket.send(frame),
    hangUp: () => socket.close(1000),
    settle: () => quiet(arrived),
  };
}

describe('the server', () => {
  for (const { name, run } of linkContract(serverSide)) test(name, run);
});

describe("on Node's library", () => {
  const connect = (url: string): WebSocketLike => new WebSocket(url, { perMessageDeflate: false });
  for (const { name, run } of linkContract(() => browserSide(connect, true))) test(name, run);
});

const native = (globalThis as { WebSocket?: new (url: string) => WebSocketLike }).WebSocket;
// Node has one from 22 on
if (native !== undefined) {
  describe('on the WebSocket of this platform', () => {
    for (const { name, run } of linkContract(() => browserSide((url) => new native(url), false))) test(name, run);
  });
}

/** A WebSocket of a browser, as its specification has it, without a network. */
class Paper implements WebSocketLike {
  binaryType: string = 'blob';
  bufferedAmount: number = 0;
  readyState: number = 0;
  readonly sent: Uint8Array[] = [];
  readonly closes: (number | undefined)[] = [];
  readonly #listeners: Map<string, (event: object) => void> = new Map();

  send(data: Uint8Array): void {
    if (this.readyState === 0) throw new Error('InvalidStateError');
    this.sent.push(data.slice());
    this.bufferedAmount += data.length;
  }

  close(code?: number): void {
    this.closes.push(code);
  }

  addEventListener(type: string, listener: (event: object) => void): void {
    this.#listeners.set(type, listener);
  }

  say(type: string, event: object = {}): void {
    this.#listeners.get(type)!(event);
  }
}

describe('as a browser has it', () => {
  test('what is sent before it is open leaves when it is', () => {
    const paper = new Paper();
    const link = wsLink(paper);
    for (const size of [60, 61]) {
      link.reserve(size);
      link.commit(size);
    }
    link.flush();
    expect(paper.sent).toHaveLength(0);
    paper.readyState = 1;
    paper.say('open');
    expect(paper.sent.map((frame) => frame.length)).toEqual([60, 61]);
  });

  test('what nobody takes is bounded, and there is room again when it has gone', async () => {
    const paper = new Paper();
    paper.readyState = 1;
    const link = wsLink(paper);
    let sent = 0;
    let room = 0;
    link.onRoom(() => room++);
    while (sent < 10_000 && link.reserve(1500) >= 0) {
      link.commit(1500);
      sent++;
    }
    expect(sent * 1500).toBeLessThan(1_500_000);
    await pause(30);
    expect(room).toBe(0);
    paper.bufferedAmount = 0;
    await pause(30);
    expect(room).toBe(1);
  });

  test('text ends it, with a code that a page may say; the end is told once', () => {
    const paper = new Paper();
    paper.readyState = 1;
    const ends: (string | undefined)[] = [];
    wsLink(paper).onEnd((error) => ends.push(error?.message));
    paper.say('message', { data: 'hello' });
    paper.say('close', { code: 1006, reason: '' });
    expect([paper.closes, ends]).toEqual([[4003], ['cable broken: the other end sends text']]);
  });

  test.each([
    [1000, '', null],
    [1001, 'bye', null],
    [1005, '', null],
    [1006, '', 'cable broken: the WebSocket closed with code 1006'],
    [1009, 'too long', 'cable broken: the WebSocket closed with code 1009, too long'],
  ])('closed with %d %s', (code, reason, words) => {
    const paper = new Paper();
    const ends: (string | null)[] = [];
    wsLink(paper).onEnd((error) => ends.push(error === null ? null : error.message));
    paper.say('close', { code, reason });
    expect(ends).toEqual([words]);
  });
});
