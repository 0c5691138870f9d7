import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { addressOf, peersOf } from './peers.ts';

it.each([
  ['0100007F', '127.0.0.1'],
  ['02004D0A', '10.77.0.2'],
  ['0000000000000000FFFF000002004D0A', '10.77.0.2'],
  ['B80D0120000000000000000001000000', '2001:db8::1'],
])('%s is %s', (hex, address) => {
  expect(addressOf(hex)).toBe(address);
});

it.skipIf(process.platform !== 'linux')('this machine is no peer of its own', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  await once(socket, 'connect');
  expect(peersOf(process.pid)).not.toContain('127.0.0.1');
  socket.destroy();
  server.close();
});
