// SIGUSR1: what there is, on stderr.
import { createServer, type Server } from 'node:net';
import { finish, pseudo4, sum } from '@reslirp/wire/checksum';
import * as Ip4 from '@reslirp/wire/ipv4';
import * as Tcp from '@reslirp/wire/tcp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsBuild, onCable, Reslirp } from './reslirp.ts';

let reslirp: Reslirp;
let server: Server;
let port: number;
beforeAll(async () => {
  needsBuild();
  server = createServer((socket) => socket.on('error', () => {})); // the end of the network resets it
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as { port: number });
});
afterEach(() => void reslirp.child.kill('SIGKILL'));
afterAll(() => void server.close());

/** On the cable: a SYN from 10.0.2.20:1000 to a port of the gateway. */
function syn(to: number): Buffer {
  const b = new Uint8Array(40);
  Ip4.emit(b, 0, b.length, 0x0a000214, 0x0a000202, Ip4.Protocol.TCP, 64, 0, 1, 0);
  Tcp.emit(b, 20, 1_000, to, 1, 0, 20, Tcp.Flag.SYN, 65_535);
  Tcp.setSum(b, 20, finish(sum(b, 20, 40, pseudo4(0x0a000214, 0x0a000202, Ip4.Protocol.TCP, 20))));
  return onCable('52550a000202 525400123456 0800', Buffer.from(b).toString('hex'));
}

describe.skipIf(process.platform === 'win32')('SIGUSR1', () => {
  it.each(['linux', 'node'])(
    '--host %s: flows and counters, as often as it comes, even with -q',
    async (host) => {
      reslirp = new Reslirp('-q', '--host', host);
      await reslirp.serving();
      reslirp.stdin.write(syn(port));
      await reslirp.until(() => reslirp.cable.length > 62, 'connected');
      const shown = (): number => reslirp.lines.filter((line) => line.startsWith('dns: ')).length;
      await reslirp.until(() => {
        if (shown() < 2) reslirp.child.kill('SIGUSR1');
        return shown() >= 2;
      }, 'shown');
      const [flows, heads, flow, ...counters] = reslirp.lines.slice(reslirp.lines.indexOf('flows 1'));
      expect([flows, heads?.split(/ {2,}/)]).toEqual([
        'flows 1',
        ['proto', 'guest', 'destination', 'state', 'bytes up', 'down', 'age', 'idle'],
      ]);
      expect(flow).toMatch(/^tcp {4}10\.0\.2\.20:1000 {2}10\.0\.2\.2:\d+ +SYN-RECEIVED +0 +0 +\d+\.\ds +\d+\.\ds$/);
      expect(counters.slice(0, 4).map((line) => line.split(':')[0])).toEqual(['stack', 'host', 'dhcp', 'dns']);
      reslirp.stdin.end();
      expect(await reslirp.ended).toMatchObject({ code: 0 });
    },
    30_000,
  );

  it('where no guest is yet', async () => {
    reslirp = new Reslirp('-d2', '--listen', '0');
    await reslirp.until(() => reslirp.said.includes('guests come to'), 'listened');
    reslirp.child.kill('SIGUSR1');
    await reslirp.until(() => reslirp.lines.includes('reslirp: no guest now'), 'shown');
  }, 30_000);
});
