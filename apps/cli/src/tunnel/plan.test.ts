import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../usage-error.ts';
import { type Plan, plan } from './plan.ts';

const planned = (...args: readonly string[]): Plan => {
  const found = plan(args);
  if (typeof found === 'string') throw new Error(found);
  return found;
};

describe('what is planned', () => {
  it('options stand before the host, and behind it; a command after --', () => {
    const { carrier, routes, command } = planned('--ssh', 'ssh -p 2', 'me@far', '--mtu', '9000', '--', 'ls', '-l');
    expect(carrier).toEqual({ kind: 'ssh', command: 'ssh -p 2', host: 'me@far', node: null });
    expect(routes).toEqual([]);
    expect(command).toEqual(['ls', '-l']);
  });

  it('all is both versions, and names with them', () => {
    const { routes, dns } = planned('--route', 'all', 'far');
    expect(routes.map(({ cidr }) => cidr)).toEqual(['0.0.0.0/0', '::/0']);
    expect(dns).toBe('all');
    expect(planned('--route', 'all', '--no-ipv6', 'far').routes.map(({ cidr }) => cidr)).toEqual(['0.0.0.0/0']);
  });

  it('single addresses are networks too, and no names come with them unless asked for', () => {
    const { routes, dns } = planned('--route', '192.0.2.7,2001:db8::7', '--route', '192.0.2.7/32', 'far');
    expect(routes.map(({ cidr }) => cidr)).toEqual(['192.0.2.7/32', '2001:db8::7/128']);
    expect(dns).toBe('off');
    expect(planned('--dns', 'a.example,.b.example', '--dns', 'c.example', 'far').dns).toEqual({
      domains: ['a.example', 'b.example', 'c.example'],
    });
  });

  it('the network there is told', () => {
    const { farArgs } = planned('--network', '10.9.8.0', '--deny', 'private', '--disable-host-loopback', '-q', 'far');
    expect(farArgs).toEqual(
      expect.arrayContaining(['--vnetwork=10.9.8.0/24', '--quiet', '--deny=private', '--disable-host-loopback']),
    );
  });

  it('help and version', () => {
    expect(plan(['--help'])).toBe('help');
    expect(plan(['far', '--version'])).toBe('version');
  });
});

it.each([
  [[], 'has no host'],
  [['--', 'ls'], 'has no host'],
  [['far', '--'], 'no command follows'],
  [['far', 'ls'], "'ls' is one word too many"],
  [['--bogus', 'far'], 'there is no such option'],
  [['--rout', 'all', 'far'], 'did you mean --route?'],
  [['--vnetwork', '10.0.0.0', 'far'], 'there is no such option'],
  [['a b'], "'a b' is not a host"],
  [['--exec', 'node', 'far'], "'far' is for ssh"],
  [['--exec', 'node', '--ssh', 'ssh'], 'instead of --ssh'],
  [['--exec', 'node', '--node', '/x'], '--node: is for ssh'],
  [['--exec', ''], "--exec: '' is not a command"],
  [['--route', '10.0.0', 'far'], "--route: '10.0.0' is not all, or networks"],
  [['--route', '10.0.0.1/8', 'far'], '10.0.0.0/8 is'],
  [['--route', 'fd00::1/8', 'far'], 'fd00::/8 is'],
  [['--route', 'fd00::/129', 'far'], "'fd00::/129' is not"],
  [['--route', 'fd12::/16', '--no-ipv6', 'far'], 'needs IPv6'],
  [['--route', '10.0.2.0/24', 'far'], '--network moves it elsewhere'],
  [['--route', 'all', 'far', '--', 'ls'], 'the command has no other network'],
  [['--tap', 'tap0', 'far', '--', 'ls'], 'the command has its own'],
  [['--tap', 'a/b', 'far'], "--tap: 'a/b' is not"],
  [['--dns', 'a.example', 'far', '--', 'ls'], 'a command asks for all names there'],
  [['--dns', '-', 'far'], "--dns: '-' is not all, off"],
  [['--network', '10.0.2.1', 'far'], "--network: '10.0.2.1' is not a network of 24 bits"],
  [['--network', '127.0.0.0', 'far'], '--network:'],
  [['--network6', '10.0.0.0', 'far'], '--network6:'],
  [['--mtu', '70000', 'far'], "--mtu: '70000' is not a number from 68 to 65521"],
  [['--no-reconnect=1', 'far'], 'takes no value'],
])('%j: one line', (args, complaint) => {
  expect(() => plan(args)).toThrow(UsageError);
  expect(() => plan(args)).toThrow(complaint);
});

it('any arguments: a plan, or one line', () => {
  const word = fc.oneof(
    fc.constantFrom('far', '--', '--route', '--dns', '--exec', '--network', 'all', '10.0.0.0/8', '::/0', '-d', '--mtu'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (args) => {
      try {
        plan(args);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect((error as Error).message).not.toMatch(/[\n\r]/);
      }
    }),
    { numRuns: 100 },
  );
});
