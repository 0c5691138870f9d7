// The far side of the host contract on real loopback sockets.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint } from '@reslirp/stack/endpoint';
import type { Host } from '@reslirp/stack/host';
import type { FarDatagrams, FarListener, FarTcp, HostUnderTest } from '@reslirp/stack/host-contract';
import { type NodeHostOptions, nodeHost } from '../src/index.ts';

const PATIENCE = 5_000;
const SETTLED = 40;

export function loopback(port: number): Endpoint {
  return Endpoint.parse('127.0.0.1', port)!;
}

/** `step`: what has to be done for things to happen. */
export async function until(what: string, holds: () => boolean, step: () => void = () => {}): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (step(); !holds(); step()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await sleep(1);
  }
}

/** A host that says what it holds. */
export interface ClosableHost extends Host {
  stats(): Record<string, number>;
  close(): void;
}

export type Loopback<H extends ClosableHost> = HostUnderTest & { readonly host: H };

export function underTest(options: NodeHostOptions = {}): Loopback<ReturnType<typeof nodeHost>> {
  return onLoopback(nodeHost({ localAddress4: '127.0.0.1', ...options }));
}

/** Sends by the socket of this descriptor, the last byte being urgent. */
export type Urge = (fd: number, b: Uint8Array) => void;

/** `step`: one turn of the host's event loop, where that is not Node's. */
export function onLoopback<H extends ClosableHost>(host: H, step: () => void = () => {}, urge?: Urge): Loopback<H> {
  const closers: (() => void)[] = [() => host.close()];
  const listening = async (): Promise<{ server: Server; accepted: FarSocket[]; at: Endpoint }> => {
    const accepted: FarSocket[] = [];
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (s) =>
      accepted.push(new FarSocket(s, urge)),
    );
    server.listen(0, '127.0.0.1', 1024);
    await once(server, 'listening');
    closers.push(() => {
      server.close();
      for (const far of accepted) far.destroy();
    });
    return { server, accepted, at: loopback((server.address() as AddressInfo).port) };
  };
  return {
    host,
    listen: async (): Promise<FarListener> => listening(),
    refusing: async () => {
      const { server, at } = await listening();
      server.close();
      await once(server, 'close');
      return at;
    },
    path: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'reslirp-'));
      closers.push(() => rmSync(folder, { recursive: true }));
      return { path: join(folder, 'socket') };
    },
    dial: async (to) => {
      const where = 'path' in to ? to : { host: '127.0.0.1', port: to.port };
      const socket = connect({ ...where, allowHalfOpen: true });
      const far = new FarSocket(socket);
      closers.push(() => far.destroy());
      let connected = false;
      socket.on('connect', () => {
        connected = true;
      });
      await until('the far side is connected', () => connected || far.lost, step); // a reset may be quicker
      return { far, from: 'path' in to ? Endpoint.of4(0) : loopback(socket.localPort ?? 0) };
    },
    datagrams: () => farDatagrams(closers),
    many: (kind) => farDatagrams(closers, kind),
    until: (what, holds) => until(what, holds, step),
    settle: async () => {
      const enough = performance.now() + SETTLED;
      while (performance.now() < enough) {
        step();
        await sleep(1);
      }
    },
    close: async () => {
      for (const close of closers) close();
      const gone = (): boolean => Object.values(host.stats()).every((n) => n === 0);
      await until(`nothing is held: ${JSON.stringify(host.stats())}`, gone, step);
    },
  };
}

class FarSocket implements FarTcp {
  ended = false;
  lost = false;
  #take: (b: Uint8Array, at: number, end: number) => void = () => {};
  readonly #socket: Socket;

  readonly urge?: (b: Uint8Array) => void;

  constructor(socket: Socket, urge?: Urge) {
    this.#socket = socket;
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle; // Node has no other name for it
    if (urge !== undefined) this.urge = (b) => urge(fd, b);
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.lost ||= error.code === 'ECONNRESET' || error.code === 'EPIPE';
    });
    socket.on('data', (b) => this.#take(b, 0, b.length));
    socket.pause();
  }

  get peer(): Endpoint {
    return loopback(this.#socket.remotePort ?? 0);
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  read(take: (b: Uint8Array, at: number, end: number) => void): void {
    this.#take = take;
    this.#socket.resume();
  }

  write(b: Uint8Array): void {
    this.#socket.write(b);
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Of the organization (RFC 2365 6.2), and the broadcast address of the loopback network. */
const MANY = { group: '239.192.7.7', everybody: '127.255.255.255' } as const;

async function farDatagrams(closers: (() => void)[], kind?: keyof typeof MANY): Promise<FarDatagrams> {
  const socket = createSocket('udp4');
  const received: { from: Endpoint; bytes: Uint8Array }[] = [];
  socket.on('message', (bytes, from) => received.push({ from: loopback(from.port), bytes }));
  socket.bind(0, kind === undefined ? '127.0.0.1' : '0.0.0.0');
  await once(socket, 'listening');
  if (kind === 'group') socket.addMembership(MANY.group, '127.0.0.1');
  closers.push(() => socket.close());
  const { port } = socket.address();
  return {
    at: kind === undefined ? loopback(port) : Endpoint.parse(MANY[kind], port)!,
    received,
    send: (to, bytes) => socket.send(bytes, to.port, to.address()),
  };
}
