import { describe, expect, it } from 'vitest';
import { icmp, Rig, udp } from '../test/rig.ts';
import { introduce, rig6, tcp6 } from '../test/rig6.ts';
import { type Config, ConfigError, type Rule } from './config.ts';
import { Endpoint } from './endpoint.ts';
import { Policy } from './policy.ts';

const to = (text: string, port: number = 80): Endpoint => Endpoint.parse(text, port)!;

describe('the first rule that fits decides', () => {
  const policy = new Policy([
    { action: 'allow', to: '192.168.1.0/24', ports: [80, 90] },
    { action: 'deny', to: 'private' },
    { action: 'deny', protocol: 'tcp', to: 'any', ports: [25, 25] },
    { action: 'deny', to: '2001:db8::/32' },
  ]);
  it.each<[boolean, 'tcp' | 'udp' | 'icmp', string, number]>([
    [true, 'tcp', '192.168.1.7', 80],
    [true, 'udp', '192.168.1.7', 90],
    [false, 'tcp', '192.168.1.7', 79],
    [false, 'icmp', '192.168.1.7', 0],
    [false, 'tcp', '10.1.2.3', 80],
    [false, 'tcp', 'fd00:9::1', 80],
    [false, 'tcp', '192.0.2.1', 25],
    [false, 'tcp', '2001:4860::1', 25],
    [true, 'udp', '192.0.2.1', 25],
    [false, 'udp', '2001:db8:1::1', 53],
    [true, 'tcp', '192.0.2.1', 80],
    [true, 'tcp', '172.32.0.1', 80],
  ])('%s: %s to %s:%i', (allowed, protocol, address, port) => {
    expect(policy.allows(protocol, to(address, port))).toBe(allowed);
  });

  it('::/0 is about IPv6, and 0.0.0.0/0 about IPv4', () => {
    const no6 = new Policy([{ action: 'deny', to: '::/0' }]);
    expect([no6.allows('tcp', to('192.0.2.1')), no6.allows('tcp', to('2001:db8::1'))]).toEqual([true, false]);
    const no4 = new Policy([{ action: 'deny', to: '0.0.0.0/0' }]);
    expect([no4.allows('tcp', to('192.0.2.1')), no4.allows('tcp', to('2001:db8::1'))]).toEqual([false, true]);
  });

  it('link-local: the metadata of clouds', () => {
    expect(new Policy([{ action: 'deny', to: 'link-local' }]).allows('tcp', to('169.254.169.254'))).toBe(false);
  });
});

it.each<[string, unknown]>([
  ["rules[0]: 'maybe' is not 'allow' or 'deny'", { action: 'maybe', to: 'any' }],
  ["rules[0]: 'sctp' is not", { action: 'deny', protocol: 'sctp', to: 'any' }],
  ["rules[0]: '9-8' is no range of ports", { action: 'deny', to: 'any', ports: [9, 8] }],
  ["rules[0]: '0-65536' is no range", { action: 'deny', to: 'any', ports: [0, 65_536] }],
  ["rules[0]: '10.0.0.1/8' is not a network", { action: 'deny', to: '10.0.0.1/8' }],
  ["rules[0]: 'constructor' is not a network", { action: 'deny', to: 'constructor' }],
  ["rules[0]: '10.0.0.0/33' is not a network", { action: 'deny', to: '10.0.0.0/33' }],
])('%s', (message, rule) => {
  expect(() => new Policy([rule as Rule])).toThrow(ConfigError);
  expect(() => new Policy([rule as Rule])).toThrow(message);
});

it('there are 4,096 at most', () => {
  expect(() => new Policy(Array(4_097).fill({ action: 'deny', to: 'any' }))).toThrow('4097 are more than 4096');
});

describe('what the guest hears: that it is prohibited', () => {
  const rules: Config['rules'] = [{ action: 'deny', to: 'any' }];

  it('of a datagram and an echo', () => {
    const rig = new Rig({ rules });
    expect(rig.send(udp('10.0.2.15:1000', '192.0.2.1:7'))).toBe('POLICY');
    expect(rig.send(icmp(8, 'x', { to: '192.0.2.1' }))).toBe('ICMP_UNANSWERED');
    expect(rig.heard()).toEqual([
      '10.0.2.2 > 10.0.2.15 icmp unreachable 13 about 10.0.2.15 > 192.0.2.1 (33)',
      '10.0.2.2 > 10.0.2.15 icmp unreachable 13 about 10.0.2.15 > 192.0.2.1 (29)',
    ]);
    expect(rig.host.udpSockets).toEqual([]);
  });

  it('of a connection', () => {
    const rig = rig6({ rules });
    introduce(rig);
    expect(rig.send(tcp6('2001:db8::1', 80, 2))).toBe('POLICY');
    expect(rig.heard()).toEqual([expect.stringContaining('unreachable 1 rest 0 about')]);
    expect(rig.host.dialled).toEqual([]);
  });

  it('the host’s loopback has a setting of its own', () => {
    const rig = new Rig({ rules });
    expect(rig.send(udp('10.0.2.15:1000', '10.0.2.2:7'))).toBe('NO');
  });
});
