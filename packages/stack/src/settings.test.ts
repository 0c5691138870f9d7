import { format4 } from '@reslirp/wire/address';
import { describe, expect, it } from 'vitest';
import { type Config, ConfigError } from './config.ts';
import { settings } from './settings.ts';

/** The error's field and words; null when there is none. */
function refused(config: Partial<Config>, linkMtu: number = 1500): [string, string] | null {
  try {
    settings({ network: '10.0.2.0/24', ...config }, linkMtu);
    return null;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [error.field, error.message];
  }
}

describe('defaults', () => {
  it.each([
    ['10.0.2.0/24', '10.0.2.2', '10.0.2.3', '10.0.2.255'],
    ['192.168.0.0/16', '192.168.0.2', '192.168.0.3', '192.168.255.255'],
    ['10.0.0.0/8', '10.0.0.2', '10.0.0.3', '10.255.255.255'],
    ['203.0.113.248/29', '203.0.113.250', '203.0.113.251', '203.0.113.255'],
  ])('follow the network: %s', (network, ...addresses) => {
    const n = settings({ network }, 1500).network;
    expect([n.gateway4, n.nameserver4, n.broadcast4].map(format4)).toEqual(addresses);
  });

  it('follow the link: mtu, and mru after it', () => {
    const s = settings({ network: '10.0.2.0/24' }, 9000);
    expect([s.network.mtu, s.mru]).toEqual([9000, 9000]);
    expect(settings({ network: '10.0.2.0/24', mtu: 1400 }, 9000).mru).toBe(1400);
    expect(settings({ network: '10.0.2.0/24' }, 65_535).network.mtu).toBe(65_521);
    expect([s.restricted, s.hostLoopback]).toEqual([false, true]);
  });
});

describe('timeouts', () => {
  const of = (timeouts: Config['timeouts']) =>
    settings({ network: '10.0.2.0/24', ...(timeouts && { timeouts }) }, 1500).timeouts;

  it('have the defaults that are documented', () => {
    expect(of(undefined)).toEqual({
      tcpConnect: 75_000,
      tcpKeepalive: 7_200_000,
      tcpKeepaliveInterval: 75_000,
      tcpKeepaliveProbes: 9,
      tcpSilence: 300_000,
      tcpFinWait2: 600_000,
      tcpTimeWait: 10_000,
      udp: 240_000,
      udpDns: 10_000,
      echo: 60_000,
    });
  });

  it('ask a guest again no later than they began to', () => {
    expect(of({ tcpKeepalive: 5_000 }).tcpKeepaliveInterval).toBe(5_000);
    expect(of({ tcpKeepalive: 5_000, tcpKeepaliveInterval: 9_000 }).tcpKeepaliveInterval).toBe(9_000);
    expect(of({ tcpKeepalive: 0 }).tcpKeepaliveInterval).toBe(75_000);
  });
});

describe('errors name the field, the value and what is accepted', () => {
  it.each<[Partial<Config>, string, RegExp]>([
    [{ network: '10.0.2.0' }, 'network', /'10\.0\.2\.0' is not an IPv4 network such as/],
    [{ network: '10.0.2.0/30' }, 'network', /8 to 29 bits/],
    [{ network: '10.0.2.0/7' }, 'network', /8 to 29 bits/],
    [{ network: '10.0.2.5/24' }, 'network', /'10\.0\.2\.0\/24' is/],
    [{ network: '127.0.0.0/8' }, 'network', /hosts can be in/],
    [{ network: '224.0.0.0/24' }, 'network', /hosts can be in/],
    [{ network: '0.0.0.0/8' }, 'network', /hosts can be in/],
    [{ gateway: '10.0.3.2' }, 'gateway', /'10\.0\.3\.2' is not .* '10\.0\.2\.1' to '10\.0\.2\.254'/],
    [{ gateway: '10.0.2.255' }, 'gateway', /a host of the network/],
    [{ gateway: '10.0.2.0' }, 'gateway', /a host of the network/],
    [{ gateway: '10.0.2.3' }, 'nameserver', /is the gateway/],
    [{ nameserver: 'dns' }, 'nameserver', /'dns' is not/],
    [{ mtu: 67 }, 'mtu', /'67' is not a whole number from 68 to 1500/],
    [{ mtu: 1501 }, 'mtu', /68 to 1500/],
    [{ mtu: Number.NaN }, 'mtu', /68 to 1500/],
    [{ mru: 65_522 }, 'mru', /68 to 65521/],
    [{ restricted: 1 as unknown as boolean }, 'restricted', /true or false/],
    [{ limits: { udpFlows: 0 } }, 'limits.udpFlows', /from 1 to/],
    [{ timeouts: { udp: 99 } }, 'timeouts.udp', /from 100 to/],
    [{ timeouts: { tcpKeepalive: -1 } }, 'timeouts.tcpKeepalive', /from 0 to/],
    [{ limits: { tcpBuffer: 100_000 } }, 'limits.tcpBuffer', /power of two/],
  ])('%j', (config, field, message) => {
    expect(refused(config)).toEqual([field, expect.stringMatching(message)]);
  });

  it('a link too narrow for IP', () => {
    expect(refused({}, 60)).toEqual(['mtu', expect.stringContaining('carries 60 bytes, and IP needs 68')]);
  });
});
