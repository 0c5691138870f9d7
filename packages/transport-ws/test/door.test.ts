import { connect } from 'node:net';
import { CERTIFICATE, KEY } from '@reslirp/testkit';
import { parsePlace } from '@reslirp/transport-stream';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { bench, byHand, client, closeAll, closed, knock, pause, until } from './bench.ts';

afterEach(closeAll);
const TOKEN = 'correct-horse';

describe('who may come in', () => {
  test.each([
    ['a program', undefined, null],
    ['a page of localhost', 'http://localhost:8080', null],
    ['a page of 127.0.0.1', 'https://127.0.0.1', null],
    ['a page of ::1', 'http://[::1]:1', null],
    ['a page of anywhere', 'https://example.org', 403],
    ['a page of a name like localhost', 'http://localhost.example.org', 403],
    ['a page of a file', 'null', 403],
    ['nonsense', 'x'.repeat(9_000), 403],
  ])('%s', async (_, origin, status) => {
    const { port, guests } = await bench();
    const [, told] = await knock(port, origin === undefined ? {} : { headers: { origin } });
    await pause(20);
    expect([told, guests.length]).toEqual([status, status === null ? 1 : 0]);
  });

  test.each([
    ['https://example.org', ['https://example.org'], null],
    ['https://example.org:8443', ['https://example.org'], 403],
    ['http://localhost', ['https://example.org'], 403],
    ['https://anything.example', ['*'], null],
    ['null', ['null'], null],
  ])('%s, where %j may', async (origin, origins, status) => {
    const { port } = await bench({ origins });
    expect((await knock(port, { headers: { origin } }))[1]).toBe(status);
  });

  test.each([
    ['/', {}, 401],
    ['/?token=correct-horse', {}, null],
    ['/any/path?x=1&token=correct-horse', {}, null],
    ['/?token=correct-hors', {}, 401],
    ['/?token=', {}, 401],
    ['/', { authorization: 'Bearer correct-horse' }, null],
    ['/', { authorization: 'Bearer nonsense' }, 401],
    ['/', { authorization: 'Basic correct-horse' }, 401],
  ])('a token: %s %j', async (path, headers, status) => {
    const { port, refused } = await bench({ token: TOKEN });
    const [, told] = await knock(port, { headers }, path);
    expect(told).toBe(status);
    expect(refused).toHaveLength(status === null ? 0 : 1);
  });

  test.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:0'])('%s without a token: the door stays shut', async (text) => {
    await expect(bench({ place: parsePlace(text)! })).rejects.toThrow('others than this machine come in there');
  });

  test('a port in use: one line', async () => {
    const { door } = await bench();
    await expect(bench({ place: door.place })).rejects.toThrow(
      /^127\.0\.0\.1:\d+: in use: somebody else listens there$/,
    );
  });

  test('one more than there is room for: 503, and in when one has left', async () => {
    const { port, refused } = await bench({ most: 1 });
    const one = await client(port);
    expect((await knock(port))[1]).toBe(503);
    expect(refused).toEqual(['too many guests']);
    one.close();
    await closed(one);
    await pause(20);
    expect((await knock(port))[1]).toBeNull();
  });

  test('TLS', async () => {
    const { door, guests, refused } = await bench({ tls: { cert: CERTIFICATE, key: KEY }, token: TOKEN });
    const port = door.place.kind === 'tcp' ? door.place.port : -1;
    const socket = new WebSocket(`wss://localhost:${port}/?token=${TOKEN}`, { ca: CERTIFICATE, family: 4 });
    await new Promise((resolve) => socket.once('open', resolve));
    await until(() => guests.length > 0);
    const plain = connect(port, '127.0.0.1');
    plain.on('error', () => {});
    plain.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => plain.once('close', resolve));
    expect([refused.length, socket.readyState]).toEqual([1, WebSocket.OPEN]);
    socket.terminate();
  });

  test('who only looks in is told what this is', async () => {
    const { port } = await bench();
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect([response.status, await response.text()]).toEqual([426, expect.stringContaining('a WebSocket')]);
  });

  test('compression is not agreed upon', async () => {
    const { port } = await bench();
    const [socket] = await knock(port, { perMessageDeflate: true });
    expect(socket.extensions).toBe('');
  });
});

describe('guests that do wrong', () => {
  /** Beside one that does nothing wrong, which must not notice. */
  async function beside(options: Parameters<typeof bench>[0], act: (port: number) => Promise<void>): Promise<string[]> {
    const { port, guests } = await bench(options);
    const ends: string[] = [];
    const good = await client(port);
    await until(() => guests.length === 1);
    await act(port);
    await until(() => guests.length === 2);
    for (const [i, [link]] of guests.entries())
      link.onEnd((error) => ends.push(`${i}: ${error?.message ?? 'orderly'}`));
    await until(() => ends.length > 0);
    const got = new Promise<number>((resolve) => guests[0]![0].onFrame((_b, at, end) => resolve(end - at)));
    good.send(new Uint8Array(60));
    expect(await got).toBe(60);
    return ends;
  }

  test('text: 1003', async () => {
    let code = '';
    const ends = await beside({}, async (port) => {
      const bad = await client(port);
      closed(bad).then((how) => (code = how));
      setTimeout(() => bad.send('hello'), 20);
    });
    await until(() => code !== '');
    expect([code, ends]).toEqual([
      '1003 frames are binary messages',
      ['1: cable broken: it sends text, and frames are binary messages'],
    ]);
  });

  test('a message longer than any frame: 1009', async () => {
    let code = '';
    const ends = await beside({}, async (port) => {
      const bad = await client(port);
      closed(bad).then((how) => (code = how));
      setTimeout(() => bad.send(new Uint8Array(1519)), 20);
    });
    await until(() => code !== '');
    expect([code, ends]).toEqual(['1009', ['1: cable broken: Max payload size exceeded']]);
  });

  test.each([
    ['a frame that is not masked', [0x82, 0x01, 0x00], 'Invalid WebSocket frame: MASK must be set'],
    ['reserved bits', [0xf2, 0x80, 0, 0, 0, 0], 'Invalid WebSocket frame: RSV2 and RSV3 must be clear'],
    ['an opcode that there is not', [0x83, 0x80, 0, 0, 0, 0], 'Invalid WebSocket frame: invalid opcode 3'],
    ['a length of 2^63', [0x82, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'Unsupported WebSocket frame'],
  ])('%s', async (_, bytes, words) => {
    const ends = await beside({}, async (port) => {
      const bad = await byHand(port);
      setTimeout(() => bad.write(Buffer.from(bytes)), 20);
    });
    expect(ends).toEqual([expect.stringContaining(`1: cable broken: ${words}`)]);
  });

  test('cut off without a word', async () => {
    const ends = await beside({}, async (port) => {
      const bad = await byHand(port);
      setTimeout(() => bad.resetAndDestroy(), 20);
    });
    expect(ends).toEqual([expect.stringContaining('1: cable broken: ')]);
  });

  test('one that is there no more, and did not say so', async () => {
    const ends = await beside({ check: 60 }, async (port) => {
      await byHand(port); // it never answers a ping
    });
    expect(ends).toEqual(['1: cable broken: it does not answer']);
  });

  test('one that does not read: its link is full, and what waits for it is bounded', async () => {
    const { port, guests } = await bench();
    const slow = await byHand(port);
    slow.pause();
    await until(() => guests.length === 1);
    const [[link]] = guests as [[(typeof guests)[0][0], string]];
    let sent = 0;
    for (let round = 0; round < 400; round++) {
      while (link.reserve(1500) >= 0) {
        link.commit(1500);
        sent++;
      }
      link.flush();
      await pause(1);
    }
    expect(link.reserve(1500)).toBe(-1);
    const kernel = 16 << 20; // what Linux may hold of it at both ends, at most
    expect(sent * 1500).toBeLessThan(kernel);
    let room = 0;
    link.onRoom(() => room++);
    slow.resume();
    await until(() => room > 0);
    link.close();
  });

  test('closed while it does not read: it is not waited for', async () => {
    const { port, guests } = await bench();
    const slow = await byHand(port);
    slow.pause();
    await until(() => guests.length === 1);
    const [[link]] = guests as [[(typeof guests)[0][0], string]];
    for (let i = 0; i < 200; i++) {
      while (link.reserve(1500) >= 0) link.commit(1500);
      link.flush();
      await pause(1);
    }
    link.close();
    let gone = false;
    slow.on('close', () => {
      gone = true;
    });
    await pause(2_100);
    slow.resume();
    await until(() => gone);
  });

  test('the network ends: guests are told that it goes away', async () => {
    const { port, guests } = await bench();
    const guest = await client(port);
    await until(() => guests.length === 1);
    guests[0]![0].close();
    expect(await closed(guest)).toBe('1001 the network is over');
  });
});
