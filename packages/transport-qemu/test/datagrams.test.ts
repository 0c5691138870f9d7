import { createSocket, type Socket } from 'node:dgram';
import { type LinkUnderTest, linkContract } from '@reslirp/link/contract';
import { type Place, parsePlace } from '@reslirp/transport-stream';
import { afterEach, describe, expect, test } from 'vitest';
import { type DatagramCable, datagrams } from '../src/index.ts';

const ANY = parsePlace('127.0.0.1:0')!;
let sockets: Socket[] = [];
let cables: DatagramCable[] = [];
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

afterEach(() => {
  for (const socket of sockets) socket.close();
  for (const { link } of cables) link.close();
  sockets = [];
  cables = [];
});

async function cable(now?: () => number): Promise<DatagramCable> {
  const made = await datagrams({ place: ANY, ...(now === undefined ? {} : { now }) });
  cables.push(made);
  return made;
}

const portOf = (place: Place): number => (place.kind === 'tcp' ? place.port : -1);

async function far(): Promise<{ socket: Socket; arrived: Uint8Array[] }> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 21 });
  const arrived: Uint8Array[] = [];
  socket.on('message', (b) => arrived.push(Uint8Array.from(b)));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  sockets.push(socket);
  return { socket, arrived };
}

async function underTest(): Promise<LinkUnderTest> {
  const { link, place } = await cable();
  const { socket, arrived } = await far();
  const send = (frame: Uint8Array): void => socket.send(frame, portOf(place), '127.0.0.1');
  send(new Uint8Array(60)); // only who has spoken is spoken to
  await settle();
  return { link, arrived, send, hangUp: () => {}, settle };
}

describe('the contract', () => {
  for (const { name, run } of linkContract(underTest)) {
    // A datagram socket never learns that nobody is there any more
    if (!name.startsWith('the far end hangs up')) test(name, run);
  }
});

test('nobody has spoken yet: frames are counted, and nobody gets them', async () => {
  const { link, stats } = await cable().then((c) => ({ link: c.link, stats: () => c.stats() }));
  link.reserve(60);
  link.commit(60);
  link.flush();
  await settle();
  expect(stats()).toMatchObject({ unheard: 1 });
});

test('a stranger is not heard, and gets nothing, until the first has been silent for a minute', async () => {
  let now = 0;
  const { link, place, stats } = await cable(() => now).then((c) => ({
    ...c,
    link: c.link,
    place: c.place,
    stats: () => c.stats(),
  }));
  const [one, other] = [await far(), await far()];
  const got: number[] = [];
  link.onFrame((_b, at, end) => got.push(end - at));
  const round = async (socket: Socket, size: number): Promise<void> => {
    socket.send(new Uint8Array(size), portOf(place), '127.0.0.1');
    await settle();
    link.reserve(60);
    link.commit(60);
    link.flush();
    await settle();
  };
  await round(one.socket, 60);
  now = 59_000;
  await round(other.socket, 61);
  expect([got, one.arrived.length, other.arrived.length, stats().strangers]).toEqual([[60], 2, 0, 1]);
  now = 60_000;
  await round(other.socket, 62);
  expect([got, one.arrived.length, other.arrived.length]).toEqual([[60, 62], 2, 1]);
});

test('what is no frame: too long is counted, empty is nothing', async () => {
  const c = await cable();
  const { socket } = await far();
  const got: number[] = [];
  c.link.onFrame((_b, at, end) => got.push(end - at));
  for (const size of [0, 1, 1518, 1519, 60_000]) socket.send(new Uint8Array(size), portOf(c.place), '127.0.0.1');
  await settle();
  expect([got, c.stats().tooLong]).toEqual([[1, 1518], 2]);
});

test.each([
  ['0.0.0.0:0', 'for this machine only'],
  ['unix:/tmp/x', 'Node has no datagrams on unix sockets'],
])('%s: one line', async (text, words) => {
  await expect(datagrams({ place: parsePlace(text)! })).rejects.toThrow(words);
});

test('a port in use: one line', async () => {
  const { place } = await cable();
  await expect(datagrams({ place })).rejects.toThrow(/^127\.0\.0\.1:\d+: in use: somebody else listens there$/);
});
