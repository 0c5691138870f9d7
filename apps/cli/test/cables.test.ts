// The built program with guests that come over sockets.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { CERTIFICATE, KEY } from '@reslirp/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ARP_REQUEST, needsBuild, Reslirp } from './reslirp.ts';

const directory = mkdtempSync(join(tmpdir(), 'reslirp-doors-'));
const TOKEN = 'correct-horse-battery';
const paths = { token: join(directory, 'token'), cert: join(directory, 'cert'), key: join(directory, 'key') };
writeFileSync(paths.token, `${TOKEN}\n`);
writeFileSync(paths.cert, CERTIFICATE);
writeFileSync(paths.key, KEY);
const TLS = ['--tls-cert', paths.cert, '--tls-key', paths.key];

const started: Reslirp[] = [];
const sockets: { destroy(): unknown }[] = [];
beforeAll(needsBuild);
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => rmSync(directory, { recursive: true }));

function start(...args: string[]): Reslirp {
  const reslirp = new Reslirp('-d2', ...args);
  started.push(reslirp);
  return reslirp;
}

/** Starts it, and waits for the port that it has found. */
async function listening(...args: string[]): Promise<[Reslirp, number]> {
  const reslirp = start(...args);
  const port = (): string | undefined => /guests come to \S+:(\d+)/.exec(reslirp.said)?.[1];
  await reslirp.until(() => port() !== undefined, 'listened');
  return [reslirp, Number(port())];
}

class Client {
  readonly socket: Socket;
  got: Buffer = Buffer.alloc(0);
  closed: boolean = false;

  constructor(socket: Socket) {
    this.socket = socket;
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('data', (b: Buffer) => {
      this.got = Buffer.concat([this.got, b]);
    });
  }

  async until(done: () => boolean): Promise<void> {
    for (let i = 0; i < 1_000 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
    if (!done()) throw new Error(`never; it has ${this.got.length} bytes`);
  }

  /** The gateway answers. */
  async answered(): Promise<void> {
    const before = this.got.length;
    this.socket.write(ARP_REQUEST);
    await this.until(() => this.got.length >= before + ARP_REQUEST.length);
  }
}

const at = (port: number): Client => new Client(connect(port, '127.0.0.1'));

describe('--listen', () => {
  it('each guest has a network of its own, and goes on when another one leaves or breaks', async () => {
    const [reslirp, port] = await listening('--listen', '0');
    const [one, two, three] = [at(port), at(port), at(port)];
    for (const client of [one, two, three]) await client.answered();
    expect(two.got).toEqual(one.got); // the same gateway at the same address, asked by the same
    one.socket.end();
    two.socket.write('GET / HTTP/1.1\r\n\r\n');
    await one.until(() => one.closed && two.closed);
    await three.answered();
    expect(reslirp.said).toMatch(/info: 127\.0\.0\.1:\d+: has left/);
    expect(reslirp.said).toMatch(/info: 127\.0\.0\.1:\d+: cable out of step: a length of 18245 at byte 62/);
    reslirp.child.kill('SIGTERM');
    expect(await reslirp.ended).toMatchObject({ code: 0 });
  });

  it('a guest that does not read does not hold up another', async () => {
    const [, port] = await listening('--listen', '0');
    const [stuck, other] = [at(port), at(port)];
    await stuck.answered();
    stuck.socket.pause();
    stuck.socket.write(Buffer.concat(new Array(100_000).fill(ARP_REQUEST)));
    await other.answered();
  });

  it('one more than --max-guests is sent away, and let in when there is a place', async () => {
    const [reslirp, port] = await listening('--listen', '0', '--max-guests', '1');
    const one = at(port);
    await one.answered();
    const two = at(port);
    await two.until(() => two.closed);
    expect(reslirp.said).toContain('not let in: too many guests: --max-guests is 1');
    reslirp.child.kill('SIGUSR1');
    await reslirp.until(() => reslirp.lines.includes('relay: refused 1'), 'counted');
    one.socket.end();
    await one.until(() => one.closed);
    await reslirp.until(() => reslirp.said.includes('has left'), 'noticed');
    await at(port).answered();
  });

  it('TLS and a token, for everybody', async () => {
    const [reslirp, port] = await listening('--listen', '0.0.0.0:0', '--token-file', paths.token, ...TLS);
    const secure = (): Client =>
      new Client(connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: CERTIFICATE }));
    const right = secure();
    right.socket.write(`${TOKEN}\n`);
    await right.answered();
    const wrong = secure();
    wrong.socket.write('nonsense\n');
    await wrong.until(() => wrong.closed);
    expect([wrong.got.length, reslirp.said]).toEqual([0, expect.stringContaining('not let in: a wrong token')]);
    await right.answered();
  });

  it('a port in use: exit 1, one line', async () => {
    const [, port] = await listening('--listen', '0');
    const second = start('--listen', String(port));
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.lines).toEqual([`reslirp: error: 127.0.0.1:${port}: in use: somebody else listens there`]);
  });

  it.each([
    [['run', '--listen', '0', 'true'], 'reslirp: run: has a cable of its own: the command is the guest'],
    [['--listen', '0', '--host', 'linux'], "reslirp: --host: 'linux' is for the cable on standard input and output"],
    [['--listen', '0.0.0.0:0'], "reslirp: --listen: '0.0.0.0:0' is open to others than this machine"],
  ])('%j: exit 2, one line', async (args, line) => {
    const reslirp = new Reslirp(...args);
    started.push(reslirp);
    expect(await reslirp.ended).toMatchObject({ code: 2 });
    expect(reslirp.lines).toEqual([expect.stringContaining(line)]);
  });
});

describe('--reverse', () => {
  let server: Server;
  const clients: Client[] = [];
  let port = 0;

  async function listen(on: number = 0): Promise<void> {
    clients.length = 0;
    server = createServer((socket) => clients.push(new Client(socket)));
    await new Promise<void>((resolve) => server.listen(on, '127.0.0.1', resolve));
    ({ port } = server.address() as { port: number });
  }

  async function reached(reslirp: Reslirp): Promise<Client> {
    await reslirp.until(() => clients.length > 0, 'came');
    return clients.pop()!;
  }

  it('the network goes to the guest, and ends with it', async () => {
    await listen();
    const reslirp = start('--reverse', `localhost:${port}`);
    const client = await reached(reslirp);
    await client.answered();
    client.socket.end();
    expect(await reslirp.ended).toMatchObject({ code: 0 });
    server.close();
  });

  it('a guest that breaks: exit 1; the token is said first', async () => {
    await listen();
    const reslirp = start('--reverse', `127.0.0.1:${port}`, '--token-file', paths.token);
    const client = await reached(reslirp);
    await client.until(() => client.got.length > 0);
    expect(String(client.got)).toBe(`${TOKEN}\n`);
    client.socket.write('HTTP');
    expect(await reslirp.ended).toMatchObject({ code: 1 });
    expect(reslirp.lines.at(-1)).toMatch(/error: cable out of step/);
    server.close();
  });

  it('nobody there: exit 1, one line; with --reconnect it waits, and comes again', async () => {
    await listen();
    server.close();
    const once = start('--reverse', `127.0.0.1:${port}`);
    expect(await once.ended).toMatchObject({ code: 1 });
    expect(once.lines).toEqual([`reslirp: error: 127.0.0.1:${port}: nobody listens there`]);
    const again = start('--reverse', `127.0.0.1:${port}`, '--reconnect');
    await again.until(() => again.said.includes('tried again'), 'waited');
    await listen(port);
    const first = await reached(again);
    await first.answered();
    first.socket.destroy();
    await (await reached(again)).answered();
    again.child.kill('SIGTERM');
    expect(await again.ended).toMatchObject({ code: 0 });
    server.close();
  });
});

describe('--ws', () => {
  /** Null when it is open, else the status of HTTP. */
  async function knock(url: string, options: object = {}): Promise<[WebSocket, number | null]> {
    const socket = new WebSocket(url, { ca: CERTIFICATE, ...options });
    sockets.push({ destroy: () => socket.terminate() });
    socket.on('error', () => {});
    const status = await new Promise<number | null>((resolve) => {
      socket.once('open', () => resolve(null));
      socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    });
    return [socket, status];
  }

  /** The gateway answers: the frame alone is the message. */
  async function answered(socket: WebSocket): Promise<void> {
    const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    socket.send(ARP_REQUEST.subarray(2));
    expect((await answer).toString('hex', 0, 14)).toBe('52540012345652550a0002020806');
  }

  it('each guest has a network of its own; one that sends text is closed, and no other', async () => {
    const [reslirp, port] = await listening('--ws', '0');
    const [[one], [two]] = [await knock(`ws://127.0.0.1:${port}/`), await knock(`ws://127.0.0.1:${port}/any/path`)];
    await answered(one);
    await answered(two);
    const code = new Promise((resolve) => one.once('close', resolve));
    one.send('hello');
    expect(await code).toBe(1003);
    await answered(two);
    expect(reslirp.said).toContain('cable broken: it sends text, and frames are binary messages');
    const away = new Promise((resolve) => two.once('close', resolve));
    reslirp.child.kill('SIGTERM');
    expect(await reslirp.ended).toMatchObject({ code: 0 });
    expect(await away).toBe(1001);
  });

  it('pages of elsewhere are sent away, with a line; those of --origin are not', async () => {
    const [reslirp, port] = await listening('--ws', '0', '--origin', 'https://a.example');
    const url = `ws://127.0.0.1:${port}/`;
    expect((await knock(url, { origin: 'https://a.example' }))[1]).toBeNull();
    expect((await knock(url, { origin: 'http://localhost' }))[1]).toBe(403);
    await expect.poll(() => reslirp.said).toContain('not let in: a page of http://localhost (see --origin)');
  });

  it('TLS and a token, for everybody; one guest too many', async () => {
    const secret = ['--token-file', paths.token, ...TLS];
    const [reslirp, port] = await listening('--ws', '0.0.0.0:0', ...secret, '--max-guests', '1');
    const url = `wss://localhost:${port}/`;
    expect((await knock(url, { family: 4 }))[1]).toBe(401);
    expect((await knock(`${url}?token=nonsense`, { family: 4 }))[1]).toBe(401);
    const [guest, status] = await knock(`${url}?token=${TOKEN}`, { family: 4 });
    expect(status).toBeNull();
    await answered(guest);
    expect((await knock(`${url}?token=${TOKEN}`, { family: 4 }))[1]).toBe(503);
    for (const why of ['no token', 'a wrong token', 'too many guests'])
      await expect.poll(() => reslirp.said).toContain(`not let in: ${why}`);
  });

  it('a port in use: exit 1, one line', async () => {
    const [, port] = await listening('--ws', '0');
    const second = start('--ws', String(port));
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.lines).toEqual([`reslirp: error: 127.0.0.1:${port}: in use: somebody else listens there`]);
  });
});
