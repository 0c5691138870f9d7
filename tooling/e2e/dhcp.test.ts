// DHCP with the clients that people have: dhclient, dhcpcd, bootpc, busybox; and over a restart.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Guest, RESLIRP, run } from './guest.ts';
import { missing } from './tools.ts';

const why = missing('dhclient', 'dhcpcd', 'bootpc', 'tshark');

describe.skipIf(why !== null)(`DHCP clients${why === null ? '' : `: skipped, ${why}`}`, () => {
  let directory: string;
  let guest: Guest | undefined;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'reslirp-dhcp-'));
    return () => rmSync(directory, { recursive: true });
  });
  afterEach(async () => {
    await guest?.stop();
    guest = undefined;
  });

  async function start(...options: readonly string[]): Promise<Guest> {
    guest = await Guest.start([...RESLIRP, ...options]);
    return guest;
  }

  const leases = (file: string): { address: string; name: string; until: string | null }[] =>
    JSON.parse(readFileSync(file, 'utf8')).leases;

  test('bootpc, of BOOTP, gets an address for good', async () => {
    const file = join(directory, 'bootp');
    const g = await start('--lease-file', file);
    await g.sh('ip route add 255.255.255.255 dev tap0');
    const { out } = await g.run(['bootpc', '--dev', 'tap0', '--timeoutwait', '8']);
    expect(out).toMatch(/IPADDR='?10\.0\.2\.20/);
    expect(out).toMatch(/NETMASK='?255\.255\.255\.0/);
    await g.stop();
    guest = undefined;
    // dpipe does not wait for the program, which writes the file at its end
    await expect.poll(() => leases(file), { timeout: 5_000 }).toMatchObject([{ address: '10.0.2.20', until: null }]);
  }, 30_000);

  test('dhclient: its name, a fixed option, a capture that tshark reads without a complaint, and a release', async () => {
    const file = join(directory, 'dhclient');
    const g = await start('--lease-file', file, '--dhcp-option', 'ntp-server=10.0.2.9', '--dhcp-lease-time', '600');
    const config = join(directory, 'dhclient.conf');
    writeFileSync(config, 'send host-name "vm-1";\nrequest subnet-mask, routers, ntp-servers, interface-mtu;\n');
    const capture = join(directory, 'dhclient.pcap');
    const watch = g.run(['timeout', '6', 'tshark', '-q', '-i', 'tap0', '-w', capture], 20_000);
    await g.until(`test -s ${capture}`);
    const files = ['-cf', config, '-lf', join(directory, 'dhclient.leases'), '-pf', join(directory, 'dhclient.pid')];
    const client = ['dhclient', '-4', '-1', ...files, '-sf', '/bin/true'];
    expect((await g.run([...client, 'tap0'])).code).toBe(0);
    const got = readFileSync(join(directory, 'dhclient.leases'), 'utf8');
    for (const line of ['fixed-address 10.0.2.20', 'ntp-servers 10.0.2.9', 'dhcp-lease-time 600']) {
      expect(got).toContain(line);
    }
    await g.until(`grep -q vm-1 ${file}`);
    await g.run([...client, '-r', 'tap0']);
    await watch;
    const complaints = await run(['tshark', '-r', capture, '-Y', 'dhcp && (_ws.malformed || _ws.expert)'], 30_000);
    const all = await run(['tshark', '-r', capture, '-Y', 'dhcp'], 30_000);
    expect([complaints.out, all.out.includes('DHCP Offer'), all.out.includes('DHCP ACK')]).toEqual(['', true, true]);
  }, 60_000);

  test('dhcpcd: rapid commit, routes, and an address of its own', async () => {
    const g = await start('--dhcp-host', '02:00:00:00:00:07=+7,seven', '--dhcp-option', '121=192.168.7.0/24,10.0.2.9');
    await g.sh('ip link set tap0 down; ip link set tap0 address 02:00:00:00:00:07; ip link set tap0 up');
    const config = join(directory, 'dhcpcd.conf');
    writeFileSync(config, 'option rapid_commit, classless_static_routes, host_name\nnoipv6rs\nscript /bin/true\n');
    const mounts = 'mount -t tmpfs t /var/lib/dhcpcd; mount -t tmpfs t /run';
    await g.sh(`${mounts}; dhcpcd -f ${config} -4 -1 -w -t 20 tap0`, 30_000);
    await g.until('ip -4 addr show tap0 | grep -q 10.0.2.7/24');
    const { out } = await g.sh('ip route');
    expect(out).toMatch(/default via 10\.0\.2\.2/);
    expect(out).toMatch(/192\.168\.7\.0\/24 via 10\.0\.2\.9/);
    await g.sh('dhcpcd -x tap0');
  }, 60_000);

  test('busybox: a lease outlives the program, and is another guest’s not', async () => {
    const file = join(directory, 'kept');
    const id = ['-x', '0x3d:01aabbccddee'];
    const one = await start('--lease-file', file);
    expect((await one.dhcp(...id))['ip']).toBe('10.0.2.20');
    await one.stop();
    await expect.poll(() => leases(file).length, { timeout: 5_000 }).toBe(1);
    const two = await start('--lease-file', file);
    expect((await two.dhcp('-x', '0x3d:01aabbccddff'))['ip']).toBe('10.0.2.21');
    expect((await two.dhcp(...id))['ip']).toBe('10.0.2.20');
  }, 60_000);

  test('an address that another station has is not given: a probe on the cable finds it', async () => {
    const g = await start();
    const other = 'ip link add m0 link tap0 type macvlan mode bridge; ip link set m0 up';
    await g.sh(`${other}; ip addr add 10.0.2.20/24 dev m0; ping -c 1 -W 2 -I m0 10.0.2.2`);
    expect((await g.dhcp())['ip']).toBe('10.0.2.21');
  }, 60_000);

  test('a file of something else is left as it is', async () => {
    const file = join(directory, 'letter');
    writeFileSync(file, 'Dear Sir,\n');
    const done = await run([...RESLIRP, '--lease-file', file]);
    expect([done.code, done.err]).toEqual([
      2,
      `reslirp: --lease-file: '${file}' is no file of leases (version 1), and is left as it is\n`,
    ]);
    expect(readFileSync(file, 'utf8')).toBe('Dear Sir,\n');
  });
});
