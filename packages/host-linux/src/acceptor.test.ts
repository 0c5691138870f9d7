// accept() when the process has no descriptors left, which a test cannot bring about for itself alone: the call is stood in for.
import { connect, type Socket } from 'node:net';
import { Endpoint } from '@reslirp/stack/endpoint';
import { Errno, Loop } from '@reslirp/syscall';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { until } from '../../host-node/test/loopback.ts';
import { type LinuxHost, linuxHost } from './host.ts';

const system = vi.hoisted(() => ({ fails: 0, calls: 0 }));

vi.mock('@reslirp/syscall', async (original) => {
  const real = await original<typeof import('@reslirp/syscall')>();
  const accept: typeof real.libc.accept = (fd, name, size, flags) => {
    system.calls++;
    return system.fails === 0 ? real.libc.accept(fd, name, size, flags) : -system.fails;
  };
  return { ...real, libc: { ...real.libc, accept } };
});

let now = 1_000;
let loop: Loop;
let host: LinuxHost;
const clients: Socket[] = [];

beforeEach(() => {
  loop = new Loop(() => now);
  host = linuxHost({ loop, maxSockets: 2 });
  system.fails = 0;
  system.calls = 0;
});

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  host.close();
  loop.dispose();
});

const step = (): void => loop.turn(0);

/** Somebody listens, takes whom it can, and `come()` lets clients come. */
async function listening(): Promise<{ taken: () => number; come: (clients: number) => Promise<void> }> {
  const at = new Endpoint();
  let taken = 0;
  const events = { opened() {}, refused() {}, readable() {}, writable() {}, failed() {} };
  host.accept(Endpoint.parse('127.0.0.1')!, {
    bound: (where) => void at.set(where),
    unbound() {},
    accepted(client) {
      client.take(events);
      taken++;
    },
  });
  await until('bound', () => at.port > 0, step);
  const come = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) clients.push(connect(at.port, '127.0.0.1').on('error', () => {}));
    await until('the clients are there', () => clients.every(({ connecting }) => !connecting));
  };
  return { taken: () => taken, come };
}

it.each([Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM])(
  'without descriptors (%i) it rests for 100 ms, and then takes who has waited',
  async (fails) => {
    const { taken, come } = await listening();
    system.fails = fails;
    await come(1);
    for (let i = 0; i < 50; i++) step();
    expect([system.calls, taken()]).toEqual([1, 0]);
    now += 99;
    for (let i = 0; i < 50; i++) step();
    expect(system.calls).toBe(1);
    system.fails = 0;
    now += 1;
    for (let i = 0; i < 3; i++) step();
    expect(taken()).toBe(1);
  },
);

it('closed while it rests, it is gone', async () => {
  const { taken, come } = await listening();
  system.fails = Errno.EMFILE;
  await come(1);
  for (let i = 0; i < 3; i++) step();
  host.close();
  system.fails = 0;
  now += 1_000;
  for (let i = 0; i < 3; i++) step();
  expect(taken()).toBe(0);
});

it('beyond the cap of sockets clients are reset', async () => {
  const { taken, come } = await listening();
  await come(5);
  await until('the last three are gone', () => clients.filter(({ destroyed }) => destroyed).length === 3, step);
  expect([taken(), host.stats().tcpSockets]).toEqual([2, 2]);
});
