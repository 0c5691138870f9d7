// The imagined host owes the stack what the real ones do: the same contract, under virtual time.
import { Endpoint } from '@reslirp/stack/endpoint';
import type { UnixPath } from '@reslirp/stack/host';
import { type FarDatagrams, type FarListener, type HostUnderTest, hostContract } from '@reslirp/stack/host-contract';
import { describe, expect, it } from 'vitest';
import { SimulatedHost, Timeline } from '../src/index.ts';
import { FarEnd } from './far-end.ts';

const LOOPBACK = 0x7f00_0001;
const PATIENCE = 60_000;
const SETTLED = 100;

/** Ports that are given out one after the other, of servers, nobody, and clients. */
const FIRST = { server: 1_000, refusing: 10_000, client: 20_000 } as const;

class Imagined implements HostUnderTest {
  readonly host: SimulatedHost;
  readonly #time: Timeline = new Timeline();
  #count: number = 0;

  constructor() {
    this.host = new SimulatedHost(this.#time, { strict: false });
  }

  async listen(): Promise<FarListener> {
    const accepted: FarEnd[] = [];
    const at = this.#place(FIRST.server);
    this.host.listen(at.port, () => {
      const far = new FarEnd();
      accepted.push(far);
      return far;
    });
    return { at, accepted };
  }

  async refusing(): Promise<Endpoint> {
    return this.#place(FIRST.refusing);
  }

  async path(): Promise<UnixPath> {
    return { path: `/run/${this.#count++}` };
  }

  async dial(to: Endpoint | UnixPath): Promise<{ far: FarEnd; from: Endpoint }> {
    const far = new FarEnd();
    const isPath = 'path' in to;
    const from = isPath ? Endpoint.of4(0) : this.#place(FIRST.client);
    const door = isPath ? to.path : to.port;
    this.#time.schedule(1, () => {
      if (this.host.dial(from.copy(), door, () => far) === null) far.lost = true;
    });
    return { far, from };
  }

  async datagrams(): Promise<FarDatagrams> {
    const received: { from: Endpoint; bytes: Uint8Array }[] = [];
    const socket = this.host.datagrams.open(0, (from, b) => received.push({ from: from.copy(), bytes: b.slice() }))!;
    return { at: socket.at, received, send: (to, bytes) => socket.send(to, bytes) };
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    this.#time.pass(PATIENCE, () => {}, holds);
    if (!holds()) throw new Error(`never: ${what}`);
  }

  async settle(): Promise<void> {
    this.#time.pass(SETTLED, () => {});
  }

  async close(): Promise<void> {}

  #place(first: number): Endpoint {
    return Endpoint.of4(LOOPBACK, first + this.#count++);
  }
}

describe('host contract', () => {
  for (const { name, run } of hostContract(() => new Imagined())) it(name, run);
});

describe('where the stack breaks the rules, it throws', () => {
  const opened = (): { socket: ReturnType<SimulatedHost['connect']>; time: Timeline } => {
    const time = new Timeline();
    const host = new SimulatedHost(time);
    host.listen(80, {});
    const nothing = (): void => {};
    const events = { opened: nothing, refused: nothing, readable: nothing, writable: nothing, failed: nothing };
    const socket = host.connect(Endpoint.of4(LOOPBACK, 80), events);
    time.pass(10, nothing);
    return { socket, time };
  };

  it.each<[string, (s: ReturnType<SimulatedHost['connect']>) => void]>([
    ['write() after finish()', (s) => [s.finish(), s.write(new Uint8Array(1), 0, 1)]],
    ['finish() twice', (s) => [s.finish(), s.finish()]],
    ['close() before both directions had ended', (s) => s.close()],
    ['read() on a socket that is aborted', (s) => [s.abort(), s.read(new Uint8Array(1), 0, 1)]],
    ['abort() on a socket that is aborted', (s) => [s.abort(), s.abort()]],
  ])('%s', (message, play) => {
    expect(() => play(opened().socket)).toThrow(message);
  });

  it('a UDP socket that was closed', () => {
    const socket = new SimulatedHost(new Timeline()).udp(4, { received: () => {}, undeliverable: () => {} })!;
    socket.close();
    expect(() => socket.close()).toThrow('close() on a UDP socket that was closed');
    expect(() => socket.send(Endpoint.of4(LOOPBACK, 7), 64, new Uint8Array(1), 0, 1)).toThrow('send()');
  });
});
