// A guest gets on the network: address, names, pings.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Guest, RESLIRP } from './guest.ts';
import { dns, type Server } from './servers.ts';
import { missing } from './tools.ts';

const why = missing('dig', 'ping');

describe.skipIf(why !== null)(`boot${why === null ? '' : `: skipped, ${why}`}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'reslirp-boot-'));
  const resolvConf = join(directory, 'resolv.conf');
  let server: Server;
  let guest: Guest;

  beforeAll(async () => {
    server = await dns(3_000);
    writeFileSync(resolvConf, `nameserver 127.0.0.1:${server.port}\n`);
    guest = await Guest.start([
      ...RESLIRP,
      ...['-n', '10.9.8.0', '--resolv-conf', resolvConf, '--vhostname', 'vm7'],
      ...['--vdomainname', 'lab.example', '--vdnssearch', 'a.example,b.example', '--vdnssearch', 'c.example'],
    ]);
  });
  afterAll(async () => {
    await guest?.stop();
    server?.close();
    rmSync(directory, { recursive: true });
  });

  test('DHCP: everything moves with the network, and every option arrives', async () => {
    const told = await guest.dhcp('-O', 'search', '-O', 'mtu');
    expect(told).toMatchObject({
      ip: '10.9.8.20',
      subnet: '255.255.255.0',
      router: '10.9.8.2',
      dns: '10.9.8.3',
      serverid: '10.9.8.2',
      hostname: 'vm7',
      domain: 'lab.example',
      search: 'a.example b.example c.example',
      mtu: '1500',
      lease: '86400',
    });
  });

  test('DHCP: the same guest gets the same address, one with another name another', async () => {
    expect((await guest.dhcp('-x', '0x3d:01aabbccddee'))['ip']).toBe('10.9.8.21');
    expect((await guest.dhcp())['ip']).toBe('10.9.8.20');
  });

  test('ping: gateway and nameserver answer, and a packet of several fragments comes back whole', async () => {
    for (const target of [['10.9.8.2'], ['10.9.8.3'], ['-s', '9000', '10.9.8.2']]) {
      const done = await guest.run(['ping', '-c', '1', '-W', '2', ...target]);
      expect(done.out).toContain(' 0% packet loss');
    }
  });

  test('names: over UDP, an answer of several fragments, and over TCP', async () => {
    const small = await guest.run(['dig', '+time=2', '+tries=1', '+noedns', '+short', 'host.example', 'A']);
    expect(small.out).toBe('192.0.2.7\n');
    for (const how of ['+bufsize=4096', '+tcp']) {
      const large = await guest.run(['dig', '+time=2', '+tries=1', '+ignore', how, '+short', 'host.example', 'TXT']);
      expect(large.out.replaceAll(/[" \n]/g, '')).toBe('x'.repeat(3_000));
    }
  });

  test('names: a resolver that is gone gives way to the next, and a new file is read', async () => {
    writeFileSync(resolvConf, `nameserver 127.0.0.1:9\nnameserver 127.0.0.1:${server.port}\n`);
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // the file is looked at once in a second
    const udp = await guest.run(['dig', '+time=5', '+tries=1', '+short', 'host.example', 'A']);
    const tcp = await guest.run(['dig', '+time=5', '+tries=1', '+tcp', '+short', 'host.example', 'A']);
    expect([udp.out, tcp.out]).toEqual(['192.0.2.7\n', '192.0.2.7\n']);
  });
});
