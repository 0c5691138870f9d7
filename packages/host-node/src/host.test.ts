import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TcpEvents, UdpEvents } from '@reslirp/stack/host';
import { hostContract } from '@reslirp/stack/host-contract';
import { describe, expect, it } from 'vitest';
import { loopback, underTest } from '../test/loopback.ts';
import { nodeHost } from './index.ts';

describe('host contract', () => {
  for (const { name, run } of hostContract(() => underTest())) it(name, run);
});

// Of 127.0.0.0/8 only Linux has more than 127.0.0.1
describe.runIf(process.platform === 'linux')('local addresses', () => {
  it('are where connections leave from', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = nodeHost({ localAddress4: '127.0.0.5', localAddress6: '::1' });
    try {
      const nothing = (): void => {};
      const events: TcpEvents = {
        opened: nothing,
        refused: nothing,
        readable: nothing,
        writable: nothing,
        failed: nothing,
      };
      const coming = once(server, 'connection') as Promise<[Socket]>;
      host.connect(loopback((server.address() as AddressInfo).port), events);
      const [socket] = await coming;
      expect(socket.remoteAddress).toBe('127.0.0.5');
      socket.destroy();
    } finally {
      host.close();
      server.close();
    }
  });

  it('are where datagrams leave from', async () => {
    const far = createSocket('udp4').bind(0, '127.0.0.1');
    await once(far, 'listening');
    const host = nodeHost({ localAddress4: '127.0.0.5' });
    try {
      const events: UdpEvents = { received: () => {}, undeliverable: () => {} };
      const coming = once(far, 'message') as Promise<[Buffer, AddressInfo]>;
      host.udp(4, events)!.send(loopback(far.address().port), 64, Uint8Array.of(1), 0, 1, 0);
      const [, from] = await coming;
      expect(from.address).toBe('127.0.0.5');
    } finally {
      host.close();
      far.close();
    }
  });

  it.each([
    [{ localAddress4: '::1' }, "localAddress4: '::1' is no IPv4 address"],
    [{ localAddress6: 'nonsense' }, "localAddress6: 'nonsense' is no IPv6 address"],
  ])('%j is refused', (options, message) => {
    expect(() => nodeHost(options)).toThrow(new TypeError(message));
  });
});
