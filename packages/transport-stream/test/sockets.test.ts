import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { BIG_2, BIG_4, Deframer, type Framing, LITTLE_2, type Link, writeLength } from '@reslirp/link';
import { type LinkUnderTest, linkContract } from '@reslirp/link/contract';
import { CERTIFICATE, KEY } from '@reslirp/testkit';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type Door, type DoorOptions, dial, open, type Place, parsePlace, socketLink } from '../src/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'reslirp-stream-'));
const onUnix = process.platform !== 'win32';
const ANY = parsePlace('127.0.0.1:0')!;
const TLS = { cert: CERTIFICATE, key: KEY };
const TOKEN = 'correct-horse';
const toClose: { close(): unknown }[] = [];

afterEach(() => {
  for (const thing of toClose.splice(0)) thing.close();
});
afterAll(() => rmSync(directory, { recursive: true }));

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

interface Seen {
  readonly door: Door;
  readonly guests: [Socket, string][];
  readonly refused: string[];
}

async function opened(options: Partial<DoorOptions> = {}): Promise<Seen> {
  const guests: [Socket, string][] = [];
  const refused: string[] = [];
  const door = await open({
    place: ANY,
    guest: (socket, name) => guests.push([socket, name]),
    refused: (_, why) => refused.push(why),
    ...options,
  });
  toClose.push(door);
  return { door, guests, refused };
}

function portOf({ place }: Door): number {
  return place.kind === 'tcp' ? place.port : -1;
}

function framed(framing: Framing, frame: Uint8Array): Uint8Array {
  const b = new Uint8Array(framing.width + frame.length);
  writeLength(framing, b, 0, frame.length);
  b.set(frame, framing.width);
  return b;
}

/** A link on what came in at the door, and a plain client. */
async function underTest(options: Partial<DoorOptions>, framing: Framing): Promise<LinkUnderTest> {
  const { door, guests } = await opened(options);
  const { place } = door;
  const client = await dial({
    place,
    ...(options.tls === undefined ? {} : { tls: { ca: CERTIFICATE } }),
    ...(options.token === undefined ? {} : { token: options.token }),
  });
  toClose.push({ close: () => client.destroy() });
  while (guests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const arrived: Uint8Array[] = [];
  const deframer = new Deframer(framing, 65_535, (b, at, end) => arrived.push(Uint8Array.from(b.subarray(at, end))));
  client.on('data', (b) => deframer.push(b, 0, b.length));
  client.on('error', () => {});
  const link = socketLink(guests[0]![0], { framing });
  return {
    link,
    arrived,
    send: (frame) => client.write(framed(framing, frame)),
    hangUp: () => client.end(),
    settle,
  };
}

const CABLES: readonly (readonly [string, Partial<DoorOptions>, Framing])[] = [
  ['TCP', {}, BIG_2],
  ['TCP, little-endian', {}, LITTLE_2],
  ['TCP, 4 bytes', {}, BIG_4],
  ['TCP with a token', { token: TOKEN }, BIG_2],
  ['TLS with a token', { tls: TLS, token: TOKEN }, BIG_2],
  ...(onUnix ? [['a unix socket', { place: { kind: 'unix', path: join(directory, 'cable') } }, BIG_2] as const] : []),
];

describe.each(CABLES)('%s', (_, options, framing) => {
  for (const { name, run } of linkContract(() => underTest(options, framing))) test(name, run);
});

describe('the door', () => {
  test.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:0', 'example.org:0'])(
    '%s without a token: it stays shut',
    async (text) => {
      const place = parsePlace(text)!;
      await expect(opened({ place })).rejects.toThrow(`${text}: others than this machine come in there`);
    },
  );

  test('others may come in with a token', async () => {
    const { guests, door } = await opened({ place: parsePlace('0.0.0.0:0')!, token: TOKEN });
    const client = await dial({ place: { ...ANY, port: portOf(door) } as Place, token: TOKEN });
    await settle();
    expect(guests).toHaveLength(1);
    client.destroy();
  });

  test('a port in use: one line', async () => {
    const { door } = await opened();
    await expect(opened({ place: door.place })).rejects.toThrow(
      /^127\.0\.0\.1:\d+: in use: somebody else listens there$/,
    );
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    ['a wrong token', 'nonsense\n', 'a wrong token'],
    ['the beginning of the token', `${TOKEN.slice(0, -1)}\n`, 'a wrong token'],
    ['a line without an end', 'x'.repeat(300), 'a wrong token'],
    ['a frame instead', '\0\x3c'.padEnd(300, '\0'), 'a wrong token'],
  ];
  test.each(wrong)('%s: closed, told, and others are let in', async (_, said, why) => {
    const { door, guests, refused } = await opened({ token: TOKEN });
    const client = connect(portOf(door), '127.0.0.1');
    client.on('error', () => {});
    client.write(said);
    await new Promise((resolve) => client.once('close', resolve));
    const other = await dial({ place: door.place, token: TOKEN });
    await settle();
    expect([refused, guests.length]).toEqual([[why], 1]);
    other.destroy();
  });

  test('who says nothing is not waited for', async () => {
    const { door, refused } = await opened({ token: TOKEN, patience: 50 });
    const client = connect(portOf(door), '127.0.0.1');
    await new Promise((resolve) => client.once('close', resolve));
    expect(refused).toEqual(['no token came']);
  });

  test('who leaves without a word is told too', async () => {
    const { door, refused } = await opened({ token: TOKEN });
    connect(portOf(door), '127.0.0.1').end();
    await settle();
    expect(refused).toEqual(['left without a token']);
  });

  test('65 that wait: the last one is closed, and one with a token comes in when one has gone', async () => {
    const { door, refused, guests } = await opened({ token: TOKEN });
    const clients = Array.from({ length: 65 }, () => connect(portOf(door), '127.0.0.1').on('error', () => {}));
    await settle();
    expect(refused).toEqual(['too many wait without a token']);
    for (const client of clients) client.destroy();
    await settle();
    const other = await dial({ place: door.place, token: TOKEN });
    await settle();
    expect(guests).toHaveLength(1);
    other.destroy();
  });

  test('a token that comes byte by byte, with a frame right behind it', async () => {
    const { door, guests } = await opened({ token: TOKEN });
    const client = connect(portOf(door), '127.0.0.1');
    toClose.push({ close: () => client.destroy() });
    client.setNoDelay(true);
    for (const letter of TOKEN) client.write(letter);
    client.write(Buffer.concat([Buffer.from('\n'), framed(BIG_2, new Uint8Array(60).fill(9))]));
    while (guests.length === 0) await settle();
    const got: number[] = [];
    const link: Link = socketLink(guests[0]![0]);
    link.onFrame((_b, at, end) => got.push(end - at));
    await settle();
    expect(got).toEqual([60]);
  });

  test('no TLS where it belongs: told, and the next one comes in', async () => {
    const { door, guests, refused } = await opened({ tls: TLS });
    const plain = connect(portOf(door), '127.0.0.1');
    plain.on('error', () => {});
    plain.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => plain.once('close', resolve));
    const client = connectTls({ port: portOf(door), host: '127.0.0.1', ca: CERTIFICATE });
    await new Promise((resolve) => client.once('secureConnect', resolve));
    await settle();
    expect([refused.length, guests.length]).toEqual([1, 1]);
    expect(refused[0]).toMatch(/^no TLS: /);
    client.destroy();
  });

  test('names: address and port', async () => {
    const { door, guests } = await opened();
    const client = await dial({ place: door.place });
    await settle();
    expect(guests[0]![1]).toBe(`127.0.0.1:${client.localPort}`);
    client.destroy();
  });
});

describe.runIf(onUnix)('a unix socket', () => {
  const path = join(directory, 'door');
  const place: Place = { kind: 'unix', path };

  test('is for its owner alone, and gone with the door', async () => {
    const { door } = await opened({ place });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    door.close();
    await settle();
    expect(() => statSync(path)).toThrow('ENOENT');
  });

  test('in use: one line. Left behind by one that was killed: taken over', async () => {
    const { door } = await opened({ place });
    await expect(opened({ place })).rejects.toThrow(`unix:${path}: in use: somebody else listens there`);
    door.close();
    await settle();
    leftBehind(path);
    await opened({ place });
    await dial({ place }).then((socket) => socket.destroy());
  });

  test('a file that is no socket is not touched', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, 'words');
    await expect(opened({ place: { kind: 'unix', path: file } })).rejects.toThrow(
      'there is something that is no socket, and stays',
    );
    expect(statSync(file).size).toBe(5);
    unlinkSync(file);
  });
});

/** A socket that nobody listens on any more. */
function leftBehind(path: string): void {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program]);
  expect(statSync(path).isSocket()).toBe(true);
}

describe('dialling', () => {
  test('nobody there: one line', async () => {
    const { door } = await opened();
    door.close();
    await settle();
    await expect(dial({ place: door.place })).rejects.toThrow(/^127\.0\.0\.1:\d+: nobody listens there$/);
  });

  test('a certificate of nobody known, no TLS, no file: one line', async () => {
    const secure = await opened({ tls: TLS });
    await expect(dial({ place: secure.door.place, tls: {} })).rejects.toThrow('the certificate is signed by itself');
    const plain = createServer((socket) => socket.end('220 hello\r\n'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    toClose.push(plain);
    const { port } = plain.address() as { port: number };
    await expect(dial({ place: { ...ANY, port } as Place, tls: {} })).rejects.toThrow('no TLS there');
    const nowhere: Place = { kind: 'unix', path: join(directory, 'nowhere') };
    if (onUnix) await expect(dial({ place: nowhere })).rejects.toThrow('there is no such file');
  });
});

describe('a link on a socket', () => {
  test('when it is closed, a peer that never closes its side is not waited for', async () => {
    const { door, guests } = await opened();
    const client = connect({ port: portOf(door), host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => {});
    client.resume();
    while (guests.length === 0) await settle();
    const [socket] = guests[0]!;
    socketLink(socket).close();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.destroyed).toBe(true);
    client.destroy();
  });
});
