// The guest's TCP against the real stack and real sockets, on a cable that misbehaves as no pipe does.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { serve } from '@reslirp/host-node';
import { impair, pair } from '@reslirp/link';
import { parse4 } from '@reslirp/wire/address';
import { afterEach, expect, it } from 'vitest';
import { Station } from './station.ts';
import { TcpPorts } from './tcp.ts';

const GATEWAY = parse4('10.0.2.2')!;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A guest on a bad cable to a stack. */
function guest(seed: number): TcpPorts {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const [near, far] = pair();
  const bad = impair(near, {
    loss: 0.01,
    duplicate: 0.02,
    reorder: 0.02,
    delay: 1,
    random,
    now: () => performance.now(),
    schedule: (ms, run) => setTimeout(run, ms),
  });
  const serving = serve({ link: far, config: { network: '10.0.2.0/24' } });
  closing.push(() => serving.close());
  const station = new Station(bad);
  station.ip = parse4('10.0.2.20')!;
  return new TcpPorts(station);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

it('every byte comes back in its place, over a cable that loses, doubles and reorders', async () => {
  const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  const port = await listen(echo);
  const heard: Buffer[] = [];
  const connection = await guest(7).connect(GATEWAY, port, (b, at, end) => heard.push(Buffer.from(b.slice(at, end))));
  const sent = randomBytes(300_000);
  await connection.write(sent);
  connection.finish();
  await connection.ended;
  expect(Buffer.concat(heard).equals(sent)).toBe(true);
}, 30_000);

it('a port where nobody listens refuses', async () => {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  await expect(guest(8).connect(GATEWAY, port, () => {})).rejects.toThrow('connection refused');
});

it('a reset ends what is under way', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  const connection = await guest(9).connect(GATEWAY, await listen(server), () => {});
  await connection.write(new Uint8Array(1));
  await expect(connection.finished).rejects.toThrow('connection reset');
});
