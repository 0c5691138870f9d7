// IPv6 with the Linux kernel as the guest: it makes its address from what is advertised, and the host is at fd00::2.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Guest, RESLIRP } from './guest.ts';
import { Namespace, Slirp4netns } from './namespace.ts';
import { dns, HELLO, hashOf, http, type Server, udpEcho } from './servers.ts';
import { missingForNamespace } from './tools.ts';

const why = missingForNamespace('curl', 'socat', 'dig', 'ping', 'vde_plug', 'dpipe');
const BLOCKS = 200;
const HAS_ADDRESS =
  'ip -6 addr show dev tap0 scope global -tentative | grep -q inet6 && ip -6 route | grep -q ^default';

describe.skipIf(why !== null)(`IPv6${why === null ? '' : `: skipped, ${why}`}`, () => {
  let web: Server;
  let echo: Server;

  beforeAll(async () => {
    web = await http('::1');
    echo = await udpEcho('::1');
  });
  afterAll(() => {
    web?.close();
    echo?.close();
  });

  describe('slirp4netns -6', () => {
    let guest: Namespace;
    let program: Slirp4netns;
    const sh = (line: string): Promise<string> => guest.sh(line);

    beforeEach(async () => {
      guest = await Namespace.make();
      program = await Slirp4netns.serve(['-c', '-6', String(guest.pid), 'tap0']);
      for (let i = 0; i < 100 && (await guest.run(['sh', '-c', HAS_ADDRESS])).code !== 0; i++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    afterEach(async () => {
      await program?.stop();
      guest.remove();
    });

    test('the namespace has an address and a route by the link-local gateway', async () => {
      const told = await sh('ip -6 addr show dev tap0; ip -6 route');
      expect(told).toMatch(/inet6 fd00::[0-9a-f:]+\/64 scope global/);
      expect(told).toMatch(/default via fe80::2 dev tap0 proto ra /);
    });

    test('TCP both ways, by the gateway’s name', async () => {
      const url = `http://[fd00::2]:${web.port}`;
      expect((await sh(`curl -s -m 10 ${url}/blocks/${BLOCKS} | sha256sum`)).slice(0, 64)).toBe(hashOf(BLOCKS));
      const up = await sh(
        `head -c 5000000 /dev/zero > /tmp/up-$$; sha256sum < /tmp/up-$$; curl -s -m 10 -T /tmp/up-$$ ${url}/; rm /tmp/up-$$`,
      );
      const [sent, received] = up.split('\n').map((line) => line.slice(0, 64));
      expect(received).toBe(sent);
    });

    test('UDP, fragments too; and nobody is at a port where nobody is', async () => {
      const say = (size: number, port: number): string =>
        `head -c ${size} /dev/zero | socat -b 9000 -t 1 -T 2 - UDP6:[fd00::2]:${port} | wc -c`;
      expect((await sh(say(5, echo.port))).trim()).toBe('5');
      expect((await sh(say(5_000, echo.port))).trim()).toBe('5000');
      expect(await sh(`echo x | socat -t 1 -T 2 - UDP6:[fd00::2]:9`)).toContain('Connection refused');
      expect(await sh(`socat -u /dev/null TCP6:[fd00::2]:9`)).toContain('Connection refused');
    });

    test('the gateway answers a ping, a large one too; nobody else in the network does', async () => {
      expect(await sh('ping -6 -c 2 -i 0.2 -W 2 fd00::2')).toContain(' 0% packet loss');
      expect(await sh('ping -6 -c 1 -s 4000 -W 2 fd00::3')).toContain(' 0% packet loss');
      expect(await sh('ping -6 -c 1 -W 2 fe80::2%tap0')).toContain(' 0% packet loss');
      expect(await sh('ping -6 -c 1 -W 1 fd00::77')).toContain('100% packet loss');
    });

    test('addresses that are ours are not free for others', async () => {
      await sh('ip -6 addr add fd00::2/64 dev tap0');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await sh('ip -6 addr show dev tap0')).toMatch(/inet6 fd00::2\/64 scope global dadfailed/);
    });

    test('when the program ends, there is no router any more', async () => {
      await program.stop();
      expect(await sh('ip -6 route')).not.toContain('default');
    });
  });

  test('by the cable: names are asked at the nameserver of IPv6, and IPv4 is there as well', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'reslirp-ipv6-'));
    const names = await dns();
    const conf = join(directory, 'resolv.conf');
    writeFileSync(conf, `nameserver 127.0.0.1:${names.port}\n`);
    const guest = await Guest.start([...RESLIRP, '--ipv6', '--vprefix6', 'fd77:1::/64', '--resolv-conf', conf]);
    try {
      await guest.until(HAS_ADDRESS);
      expect((await guest.sh(`curl -s -m 5 http://[fd77:1::2]:${web.port}/hello`)).out).toBe(HELLO);
      await guest.dhcp();
      expect((await guest.sh('ping -c 1 -W 2 10.0.2.2')).out).toContain(' 0% packet loss');
      const { out } = await guest.sh('dig +short +time=2 +tries=1 @fd77:1::3 example.org');
      expect(out.trim()).toBe('192.0.2.7');
    } finally {
      await guest.stop();
      names.close();
      rmSync(directory, { recursive: true });
    }
  });

  test('alone: reslirp --no-ipv4 gives no lease, and carries IPv6', async () => {
    const guest = await Guest.start([...RESLIRP, '--no-ipv4']);
    try {
      await guest.until(HAS_ADDRESS);
      expect((await guest.sh(`curl -s -m 5 http://[fd00::2]:${web.port}/hello`)).out).toBe(HELLO);
      await expect(guest.dhcp('-t', '1')).rejects.toThrow('udhcpc');
    } finally {
      await guest.stop();
    }
  });
});
