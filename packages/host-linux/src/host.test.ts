import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Endpoint } from '@reslirp/stack/endpoint';
import { Refusal } from '@reslirp/stack/host';
import { hostContract } from '@reslirp/stack/host-contract';
import {
  Family,
  Loop,
  libc,
  Message,
  putSocketAddress,
  Region,
  SOCKET_ADDRESS_SIZE,
  SocketType,
} from '@reslirp/syscall';
import { describe, expect, it } from 'vitest';
import { onLoopback, until } from '../../host-node/test/loopback.ts';
import { linuxHost } from './host.ts';

function sendUrgent(fd: number, b: Uint8Array): void {
  const region = new Region(b.length);
  region.bytes.set(b);
  libc.send(fd, region.address, b.length, Message.OOB);
}

describe('host contract', () => {
  const make = (): ReturnType<typeof onLoopback> => {
    const loop = new Loop();
    const under = onLoopback(linuxHost({ loop, localAddress4: '127.0.0.1' }), () => loop.turn(0), sendUrgent);
    return {
      ...under,
      close: async () => {
        await under.close();
        loop.dispose();
      },
    };
  };
  for (const { name, run } of hostContract(make)) it(name, run);
});

describe('an interface that everything leaves by', () => {
  /** What becomes of a connect, a datagram socket and an echo socket. */
  async function through(name: string): Promise<[string, boolean]> {
    const loop = new Loop();
    const host = linuxHost({ loop, interface: name });
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const said: string[] = [];
    host.connect(Endpoint.parse('127.0.0.1', port)!, {
      opened: () => void said.push('opened'),
      refused: (why) => void said.push(`refused ${why}`),
      readable() {},
      writable() {},
      failed() {},
    });
    const udp = host.udp(4, { received() {}, undeliverable() {} });
    await until(
      'an answer',
      () => said.length > 0,
      () => loop.turn(0),
    );
    host.close();
    loop.dispose();
    server.close();
    return [said[0]!, udp !== null];
  }

  it('lo: this machine is there', async () => {
    expect(await through('lo')).toEqual(['opened', true]);
  });

  it('one that is not there: nothing is', async () => {
    expect(await through('nosuch0')).toEqual([`refused ${Refusal.HOST_UNREACHABLE}`, false]);
  });
});

it('urgent data comes in line, where it was, and what is behind it follows', async () => {
  const loop = new Loop();
  const host = linuxHost({ loop });
  const at = new Endpoint();
  let got = '';
  const buffer = new Uint8Array(100);
  host.accept(Endpoint.parse('127.0.0.1')!, {
    bound: (where) => void at.set(where),
    unbound() {},
    accepted(client) {
      const socket = client.take({
        opened() {},
        refused() {},
        failed() {},
        writable() {},
        readable() {
          for (let n = socket.read(buffer, 0, 100); n > 0; n = socket.read(buffer, 0, 100)) {
            got += String.fromCharCode(...buffer.subarray(0, n));
          }
        },
      });
    },
  });
  await until(
    'bound',
    () => at.port > 0,
    () => loop.turn(0),
  );
  const far = libc.socket(Family.INET, SocketType.STREAM, 0);
  const name = new Region(SOCKET_ADDRESS_SIZE);
  libc.connect(far, name.address, putSocketAddress(name, 0, at));
  const bytes = new Region(8);
  for (const [text, flags] of [
    ['before', 0],
    ['!', Message.OOB],
    ['behind', 0],
  ] as const) {
    bytes.bytes.set(new TextEncoder().encode(text));
    libc.send(far, bytes.address, text.length, flags);
  }
  await until(
    'all of it',
    () => got === 'before!behind',
    () => loop.turn(0),
  );
  libc.close(far);
  host.close();
  loop.dispose();
});
