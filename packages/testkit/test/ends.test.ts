// Stalls, resets, refusals: who learns what, and how much anybody has to hold meanwhile.
import { Refusal } from '@reslirp/stack/host';
import { parse4 } from '@reslirp/wire/address';
import { describe, expect, test } from 'vitest';
import { createWorld } from '../src/index.ts';

const SERVER = parse4('192.0.2.1')!;
const GATEWAY = parse4('10.0.2.2')!;
const HOUR = 3_600_000;
const MODERN = { mss: 1_460, scale: 7, timestamps: true } as const;
const CABLE = { delay: 5, loss: 0.02 } as const;

describe('a reader that stalls stops the other side within the buffers, and loses nothing', () => {
  test('the guest, for ten minutes', () => {
    const world = createWorld({ seed: 1, cable: CABLE });
    world.host.listen(80, { send: 30_000_000 });
    const connection = world.guest.connect(SERVER, 80, { ...MODERN, stallFor: 600_000 });
    world.run(300_000);
    expect(world.host.peers[0]!.sent - connection.received).toBeLessThan(2 << 20);
    world.run(HOUR, () => connection.done);
    expect([connection.state, connection.received]).toEqual(['closed', 30_000_000]);
    world.run(HOUR);
    world.mustBeQuiet();
  });

  test('the host, for ten minutes', () => {
    const world = createWorld({ seed: 2, cable: CABLE });
    world.host.listen(80, { stallFor: 600_000, endAfterGuest: true });
    const connection = world.guest.connect(SERVER, 80, { ...MODERN, send: 3_000_000 });
    world.run(300_000);
    expect(connection.acknowledged).toBeLessThan(1 << 20);
    expect(world.stack.stats()['tcpRingBytes']).toBeLessThanOrEqual(1 << 20);
    world.run(HOUR, () => connection.done);
    expect([connection.state, world.host.peers[0]!.received]).toEqual(['closed', 3_000_000]);
    world.run(HOUR);
    world.mustBeQuiet();
  });
});

describe('ends that are not orderly', () => {
  test.each([
    [Refusal.REFUSED, 'refused'],
    [Refusal.EXHAUSTED, 'refused'],
    [Refusal.HOST_UNREACHABLE, 'unreachable'],
    [Refusal.NETWORK_UNREACHABLE, 'unreachable'],
    [Refusal.TIMED_OUT, 'unreachable'],
  ])('refusal %i: the guest is %s, and knows it at once', (refuse, state) => {
    const world = createWorld({ seed: 3, cable: { delay: 5 } });
    world.host.listen(80, { refuse });
    const connection = world.guest.connect(SERVER, 80, MODERN);
    world.run(2_000, () => connection.state === state);
    expect(connection.state).toBe(state);
    world.mustBeQuiet();
  });

  test('the host resets in the middle, on a bad cable', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = createWorld({ seed, cable: { delay: 5, loss: 0.1 } });
      world.host.listen(80, { send: 100_000, resetAfter: 20_000 });
      const connection = world.guest.connect(SERVER, 80, { ...MODERN, send: 100_000 });
      world.run(HOUR);
      // The RST itself may be lost: then the guest hears of it as soon as it says anything (RFC 9293 3.5.1)
      expect([seed, connection.state === 'reset' || connection.acknowledged === 100_000]).toEqual([seed, true]);
      world.mustBeQuiet();
    }
  });

  test('the guest resets in the middle: the host hears it, and nothing is left', () => {
    const world = createWorld({ seed: 4, cable: { delay: 5 } });
    world.host.listen(80, { send: 10_000_000 });
    const connection = world.guest.connect(SERVER, 80, { ...MODERN, stay: true });
    world.run(HOUR, () => connection.received > 100_000);
    connection.reset();
    world.run(HOUR, () => world.host.open === 0);
    expect(world.host.peers[0]!.state).toBe('aborted');
    world.run(HOUR);
    world.mustBeQuiet();
  });

  test('a guest that vanishes is given up, and the host with it', () => {
    const world = createWorld({ seed: 5, cable: { delay: 5 } });
    world.host.listen(80, { send: 10_000_000 });
    const connection = world.guest.connect(SERVER, 80, { ...MODERN, stay: true });
    world.run(HOUR, () => connection.received > 100_000);
    connection.state = 'reset'; // it says nothing any more
    world.run(HOUR);
    expect(world.host.peers[0]!.state).toBe('aborted');
    world.mustBeQuiet();
  });

  test('closing the stack ends everything on both sides', () => {
    const world = createWorld({ seed: 6, cable: { delay: 5 } });
    world.host.listen(80, { send: 10_000_000 });
    const all = Array.from({ length: 10 }, () => world.guest.connect(SERVER, 80, { ...MODERN, stay: true }));
    world.run(HOUR, () => all.every(({ received }) => received > 10_000));
    world.guest.datagram(SERVER, 7, 100);
    world.run(20);
    world.stack.close(world.time.now);
    world.run(1_000);
    expect(all.map(({ state }) => state)).toEqual(all.map(() => 'reset'));
    expect(world.host.open).toBe(0);
  });
});

describe('datagrams and pings', () => {
  test('an echo of each size comes back whole, from the address that was asked', () => {
    const world = createWorld({ seed: 7, cable: { delay: 5 } });
    world.guest.ping(GATEWAY, 10);
    world.run(50);
    for (const size of [0, 56, 1_472]) world.guest.ping(GATEWAY, size);
    for (const size of [1, 1_000, 1_472]) world.guest.datagram(GATEWAY, 7, size);
    world.run(1_000);
    const { heard } = world.guest;
    expect(heard.filter((line) => line === 'icmp 0/0 10.0.2.2')).toHaveLength(3);
    expect(heard.filter((line) => line.startsWith('udp'))).toEqual([1, 1_000, 1_472].map((n) => `udp 10.0.2.2:7 ${n}`));
    world.run(HOUR);
    world.mustBeQuiet();
  });

  test('ten thousand guests of one address space do not cost more than the cap', () => {
    const world = createWorld({ seed: 8, config: { limits: { tcpFlows: 100 } } });
    world.host.listen(80, { stay: true });
    for (let i = 0; i < 1_000; i++) world.guest.connect(SERVER, 80, { ...MODERN, stay: true });
    world.run(5_000);
    expect(world.stack.stats()).toMatchObject({ tcpFlows: 100 });
    expect(world.host.open).toBeLessThanOrEqual(100);
  });
});
