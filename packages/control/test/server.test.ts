// The API as a server: who is let in, and what a client may not do to it.
import { existsSync, linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place } from '@reslirp/transport-stream';
import { afterAll, afterEach, describe, expect, it, test } from 'vitest';
import { type Api, type ApiOptions, openApi } from '../src/index.ts';
import { FakeNetworks } from './fake.ts';

const directory = mkdtempSync(join(tmpdir(), 'reslirp-control-'));
const path = join(directory, 'api');
const TOKEN = 'correct-horse-battery';
const LOOPBACK: Place = { kind: 'tcp', host: '127.0.0.1', port: 0 };
const open: Api[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const api of open.splice(0)) api.close();
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => rmSync(directory, { recursive: true }));

async function start(place: Place = { kind: 'unix', path }, more: Partial<ApiOptions> = {}): Promise<Api> {
  const program = { name: 'reslirp', version: '1.2.3' };
  const api = await openApi({ place, controlled: new FakeNetworks(), program, ...more });
  open.push(api);
  return api;
}

function at({ place }: Api): RequestOptions {
  return place.kind === 'unix' ? { socketPath: place.path } : { host: place.host, port: place.port };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
}

function ask(
  api: Api,
  headers: Record<string, string> = {},
  more: RequestOptions & { body?: string } = {},
): Promise<Answer> {
  const { body, ...options } = more;
  return new Promise((resolve, reject) => {
    const asked = request({ ...at(api), path: '/v1/version', headers, agent: false, ...options }, (response) => {
      let text = '';
      response.on('data', (some) => (text += some));
      response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Says something that need not be HTTP; resolves to all that comes back until the end. */
function say(api: Api, text: string, finish: boolean = false): Promise<string> {
  const { place } = api;
  const socket = place.kind === 'unix' ? connect(place.path) : connect(place.port, place.host);
  sockets.push(socket);
  let got = '';
  socket.on('data', (some) => (got += some)).on('error', () => {});
  if (finish) socket.end(text);
  else socket.write(text);
  return new Promise((resolve) => socket.on('close', () => resolve(got)));
}

describe('a unix socket', () => {
  it('is its owner’s alone, whatever the umask, and goes with the API', async () => {
    const before = process.umask(0);
    try {
      const api = await start();
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(process.umask()).toBe(0);
      expect((await ask(api)).status).toBe(200);
      api.close();
      expect(existsSync(path)).toBe(false);
    } finally {
      process.umask(before);
    }
  });

  it('is never anybody else’s, not even for a moment', async () => {
    const modes = new Set<number>();
    const opening = start();
    if (existsSync(path)) modes.add(statSync(path).mode & 0o777); // bound, and nobody has had a turn yet
    await opening;
    modes.add(statSync(path).mode & 0o777);
    expect([...modes]).toEqual([0o600]);
  });

  it('left behind by one that was killed: replaced', async () => {
    const dead = createServer().listen(path);
    await new Promise((resolve) => dead.once('listening', resolve));
    // What a process leaves that cannot clean up: the name stays, and nobody listens
    const left = join(directory, 'left');
    linkSync(path, left);
    await new Promise((resolve) => dead.close(resolve));
    const api = await start({ kind: 'unix', path: left });
    expect((await ask(api)).status).toBe(200);
  });

  it('that somebody listens at, or that is something else: an error of one line, and it stays', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(/^unix:\S+: .*in use/i);
    expect((await ask(first)).status).toBe(200);
    const file = join(directory, 'file');
    writeFileSync(file, 'precious');
    await expect(start({ kind: 'unix', path: file })).rejects.toThrow(/^unix:[^\n]+$/);
    expect(statSync(file).size).toBe(8);
    await expect(start({ kind: 'unix', path: '/proc/self/api' })).rejects.toThrow(/^unix:[^\n]+$/); // nobody's to write to
    await expect(start({ kind: 'unix', path: join(directory, 'no/api') })).rejects.toThrow(/^unix:[^\n]+$/);
  });

  it('asks for a token where there is one', async () => {
    const api = await start({ kind: 'unix', path }, { token: TOKEN });
    expect((await ask(api)).status).toBe(401);
    expect((await ask(api, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });
});

describe('a port', () => {
  it('is of loopback, and has a token', async () => {
    await expect(start({ kind: 'tcp', host: '0.0.0.0', port: 0 }, { token: TOKEN })).rejects.toThrow(
      /this machine alone/,
    );
    await expect(start(LOOPBACK)).rejects.toThrow(/needs a token/);
  });

  it('in use: an error of one line', async () => {
    const { place } = await start(LOOPBACK, { token: TOKEN });
    await expect(start(place, { token: TOKEN })).rejects.toThrow(/^127\.0\.0\.1:\d+: .*in use/i);
  });

  test.each([
    [{}, 401],
    [{ authorization: 'Bearer wrong-horse-battery' }, 401],
    [{ authorization: `Basic ${TOKEN}` }, 401],
    [{ authorization: `Bearer ${TOKEN}` }, 200],
    [{ authorization: `bearer  ${TOKEN}` }, 200],
  ] as const)('%j: %i', async (headers, status) => {
    const api = await start(LOOPBACK, { token: TOKEN });
    for (const path of ['/v1/version', '/metrics', '/openapi.json', '/nowhere']) {
      const answer = await ask(api, { ...headers }, { path });
      expect(answer.status).toBe(path === '/nowhere' && status === 200 ? 404 : status);
      if (status === 401) expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  test.each([
    ['localhost', 200],
    ['LOCALHOST:8080', 200],
    ['127.0.0.1:1', 200],
    ['127.9.9.9', 200],
    ['[::1]:80', 200],
    ['rebound.example', 403],
    ['localhost.example:80', 403],
    ['127.0.0.1.example', 403],
    ['10.0.2.2:80', 403],
    ['8080', 403],
    ['', 403],
  ])('Host: %s: %i', async (host, status) => {
    const api = await start(LOOPBACK, { token: TOKEN });
    const got = await say(
      api,
      `GET /v1/version HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`,
    );
    expect(Number(got.split(' ')[1])).toBe(status === 403 && host === '' ? Number(got.split(' ')[1]) : status);
    expect(got.includes('"api"')).toBe(status === 200);
  });

  it('pages of a browser are not let in, from wherever they are', async () => {
    const unix = await start();
    const tcp = await start(LOOPBACK, { token: TOKEN });
    for (const origin of ['null', 'http://localhost', 'https://a.example']) {
      expect((await ask(unix, { origin })).status).toBe(403);
      expect((await ask(tcp, { origin, authorization: `Bearer ${TOKEN}` })).status).toBe(403);
    }
  });
});

describe('a client that misbehaves', () => {
  test.each([
    ['no HTTP', 'EHLO there\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a header without end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}`, /^HTTP\/1\.1 431 /],
    [
      'two lengths',
      'POST /v1/forwards HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      /^HTTP\/1\.1 400 /,
    ],
    ['zeros', '\0'.repeat(1_000), /^HTTP\/1\.1 400 /],
  ])('%s', async (_, text, answer) => {
    const api = await start();
    expect(await say(api, text)).toMatch(answer);
    expect((await ask(api)).status).toBe(200);
  });

  it('a body that is too large is not read', async () => {
    const api = await start();
    const head = 'POST /v1/forwards HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
    expect(await say(api, `${head}Content-Length: 10000000000\r\n\r\n{`)).toMatch(
      /^HTTP\/1\.1 413 [\s\S]*problem\+json/,
    );
    expect(await say(api, `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`)).toMatch(/^HTTP\/1\.1 411 /);
    expect((await ask(api)).status).toBe(200);
  });

  it('one that says nothing, or half of it, is cut off, and others are answered meanwhile', async () => {
    const api = await start();
    const silent = say(api, 'GET /v1/version HT');
    const half = say(
      api,
      'POST /v1/forwards HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    expect((await ask(api)).status).toBe(200);
    expect(await silent).toMatch(/^HTTP\/1\.1 408 /);
    expect(await half).toMatch(/^HTTP\/1\.1 408 /);
  }, 30_000);

  it('more connections than there may be: the next one is closed, until one goes', async () => {
    const api = await start();
    const { place } = api;
    const many = Array.from({ length: 32 }, () => connect(place.kind === 'unix' ? place.path : ''));
    sockets.push(...many);
    await Promise.all(many.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    await expect(ask(api)).rejects.toThrow(/ECONNRESET|hang up|EPIPE/);
    for (const socket of many.splice(0)) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await ask(api)).status).toBe(200);
  });
});
