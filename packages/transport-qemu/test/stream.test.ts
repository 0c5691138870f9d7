import { connect, type Socket } from 'node:net';
import { BIG_4, Deframer, writeLength } from '@reslirp/link';
import { type LinkUnderTest, linkContract } from '@reslirp/link/contract';
import { open, parsePlace } from '@reslirp/transport-stream';
import { describe, expect, test } from 'vitest';
import { qemuLink } from '../src/index.ts';

async function sockets(): Promise<[Socket, Socket]> {
  let inside: ((socket: Socket) => void) | undefined;
  const guest = new Promise<Socket>((resolve) => {
    inside = resolve;
  });
  const door = await open({ place: parsePlace('0')!, guest: (socket) => inside!(socket) });
  const client = connect(door.place.kind === 'tcp' ? door.place.port : -1, '127.0.0.1').on('error', () => {});
  const socket = await guest;
  door.close();
  return [socket, client];
}

async function underTest(): Promise<LinkUnderTest> {
  const [socket, client] = await sockets();
  const arrived: Uint8Array[] = [];
  const deframer = new Deframer(BIG_4, 1 << 20, (b, at, end) => arrived.push(Uint8Array.from(b.subarray(at, end))));
  client.on('data', (b) => deframer.push(b, 0, b.length));
  return {
    link: qemuLink(socket),
    arrived,
    send: (frame) => {
      const b = new Uint8Array(4 + frame.length);
      writeLength(BIG_4, b, 0, frame.length);
      b.set(frame, 4);
      client.write(b);
    },
    hangUp: () => client.end(),
    settle: () => new Promise((resolve) => setTimeout(resolve, 50)),
  };
}

describe('the contract', () => {
  for (const { name, run } of linkContract(underTest)) test(name, run);
});

test('a length that QEMU never sends ends the link, in one line', async () => {
  const [socket, client] = await sockets();
  const ended = new Promise<Error | null>((resolve) => qemuLink(socket).onEnd(resolve));
  client.write('GET / HTTP/1.1\r\n');
  expect((await ended)?.message).toMatch(/^cable out of step: a length of 1195725856 at byte 0/);
  client.destroy();
});

test('a machine that is switched off while there is something to read has left: null, once', async () => {
  const [socket, client] = await sockets();
  const link = qemuLink(socket);
  const ends: (Error | null)[] = [];
  link.onEnd((error) => ends.push(error));
  client.resetAndDestroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(link.reserve(60)).toBe(-1);
  link.flush();
  expect(ends).toEqual([null]);
});

test('but one whose last frame is cut off has not left in order', async () => {
  const [socket, client] = await sockets();
  const ended = new Promise<Error | null>((resolve) => qemuLink(socket).onEnd(resolve));
  await new Promise<void>((resolve) => client.write(Uint8Array.of(0, 0, 0, 60, 1), () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, 50));
  client.resetAndDestroy();
  expect((await ended)?.message).toBe('cable cut off: it ended 5 bytes into a frame');
});
