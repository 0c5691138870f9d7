// DHCPv6 and router advertisements before real clients. dhclient's script only writes down what it was told, so nothing of the machine's own changes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Guest, RESLIRP } from './guest.ts';
import { missing } from './tools.ts';

const why = missing('dhclient', 'rdisc6');
const HAS_LINK_LOCAL = 'ip -6 addr show dev tap0 scope link -tentative | grep -q inet6';

describe.skipIf(why !== null)(`DHCPv6${why === null ? '' : `: skipped, ${why}`}`, () => {
  let directory: string;
  let guest: Guest;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'reslirp-dhcp6-'));
    writeFileSync(join(directory, 'script'), `#!/bin/sh\nenv >> ${directory}/told\n`, { mode: 0o755 });
  });
  afterEach(async () => {
    await guest.stop();
    rmSync(directory, { recursive: true });
  });

  async function start(...options: readonly string[]): Promise<void> {
    guest = await Guest.start([...RESLIRP, '--ipv6', '--vdnssearch', 'a.example,b.example', ...options]);
    await guest.until(HAS_LINK_LOCAL);
  }

  /** What dhclient was told. */
  async function lease(...mode: readonly string[]): Promise<string> {
    const files = ['-lf', join(directory, 'leases'), '-pf', join(directory, 'pid')];
    const done = await guest.run([
      'dhclient',
      '-6',
      ...mode,
      '-1',
      '-v',
      '-sf',
      join(directory, 'script'),
      ...files,
      'tap0',
    ]);
    if (done.code !== 0) throw new Error(done.err);
    const told = readFileSync(join(directory, 'told'), 'utf8');
    await guest.sh(`kill $(cat ${directory}/pid)`); // it goes on, to renew
    return told;
  }

  test('rdisc6 hears prefix, MTU, names, and that the rest is DHCPv6’s', async () => {
    await start();
    const { out } = await guest.run(['rdisc6', '-1', 'tap0']);
    expect(out).toMatch(/Stateful other conf\.\s+:\s+Yes/);
    expect(out).toMatch(/Stateful address conf\.\s+:\s+No/);
    expect(out).toMatch(/Prefix\s+:\s+fd00::\/64/);
    expect(out).toMatch(/MTU\s+:\s+1500/);
    expect(out).toMatch(/Recursive DNS server\s+: fd00::3/);
    expect(out).toContain('a.example');
  });

  test('stateless: dhclient gets nameserver and domains', async () => {
    await start();
    const told = await lease('-S');
    expect(told).toContain('new_dhcp6_name_servers=fd00::3\n');
    expect(told).toContain('new_dhcp6_domain_search=a.example. b.example.\n');
  });

  test('stateful: dhclient gets an address, the same again', async () => {
    await start('--dhcp6', 'stateful');
    const { out } = await guest.run(['rdisc6', '-1', 'tap0']);
    expect(out).toMatch(/Stateful address conf\.\s+:\s+Yes/);
    const [first, second] = [await lease(), await lease()];
    expect(first).toContain('new_ip6_address=fd00::1000\n');
    expect(second.match(/new_ip6_address=\S+/g)?.at(-1)).toBe('new_ip6_address=fd00::1000');
  });
});
