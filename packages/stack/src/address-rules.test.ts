import { describe, expect, it } from 'vitest';
import { AddressRules } from './address-rules.ts';
import { Endpoint } from './endpoint.ts';
import { Verdict } from './routes.ts';
import type { Binding, Service } from './service.ts';
import { Services } from './services.ts';
import { settings } from './settings.ts';

const dns: Service = {
  name: 'dns',
  bindings: (['udp', 'tcp'] as const).map((protocol): Binding => ({ protocol, port: 53, at: 'nameserver' })),
  egress: true,
  start: () => {},
  received: () => {},
  connect: () => null,
};

const PLAIN = {};
const RESTRICTED = { restricted: true };
const NO_PRIVATE = { rules: [{ action: 'deny', to: 'private' }] };
const NO_LOOPBACK = { hostLoopback: false };

function asked(protocol: 'tcp' | 'udp', remote: string, config: object): string {
  const s = settings({ network: '10.0.2.0/24', ...config }, 1500);
  const rules = new AddressRules(s, new Services([dns], s.restricted));
  const to = new Endpoint();
  const at = remote.lastIndexOf(':');
  const from = Endpoint.parse(remote.slice(0, at), Number(remote.slice(at + 1)))!;
  const verdict = protocol === 'tcp' ? rules.tcp(from, to) : rules.udp(from, to);
  const name = Object.entries(Verdict).find(([, v]) => v === verdict)![0];
  return name === 'HOST' ? `HOST ${to}` : name;
}

describe('the table', () => {
  it.each([
    ['192.0.2.1:80', PLAIN, 'HOST 192.0.2.1:80', 'HOST 192.0.2.1:80'],
    ['192.0.2.1:80', RESTRICTED, 'REFUSE', 'UNREACHABLE'],
    ['192.0.2.1:80', NO_LOOPBACK, 'HOST 192.0.2.1:80', 'HOST 192.0.2.1:80'],
    ['10.0.2.2:80', PLAIN, 'HOST 127.0.0.1:80', 'HOST 127.0.0.1:80'],
    ['10.0.2.2:80', RESTRICTED, 'REFUSE', 'UNREACHABLE'],
    ['10.0.2.2:80', NO_LOOPBACK, 'UNREACHABLE', 'UNREACHABLE'],
    ['10.0.2.3:53', PLAIN, 'SERVICE', 'SERVICE'],
    ['10.0.2.3:53', RESTRICTED, 'REFUSE', 'UNREACHABLE'],
    ['10.0.2.3:53', NO_LOOPBACK, 'SERVICE', 'SERVICE'],
    ['10.0.2.3:80', PLAIN, 'UNREACHABLE', 'UNREACHABLE'],
    ['10.0.2.99:80', PLAIN, 'UNREACHABLE', 'UNREACHABLE'],
    ['10.0.2.0:80', PLAIN, 'IGNORE', 'IGNORE'],
    ['10.0.2.255:53', PLAIN, 'IGNORE', 'HOST 127.0.0.1:53'],
    ['255.255.255.255:53', PLAIN, 'IGNORE', 'HOST 127.0.0.1:53'],
    ['255.255.255.255:53', RESTRICTED, 'IGNORE', 'UNREACHABLE'],
    ['255.255.255.255:53', NO_LOOPBACK, 'IGNORE', 'IGNORE'],
    ['224.0.0.251:5353', PLAIN, 'IGNORE', 'HOST 224.0.0.251:5353'],
    ['224.0.0.251:5353', NO_LOOPBACK, 'IGNORE', 'HOST 224.0.0.251:5353'],
    ['239.255.255.250:1900', RESTRICTED, 'IGNORE', 'UNREACHABLE'],
    ['239.255.255.250:1900', NO_PRIVATE, 'IGNORE', 'PROHIBIT'],
    ['127.0.0.1:22', PLAIN, 'IGNORE', 'IGNORE'],
    ['127.255.0.9:22', PLAIN, 'IGNORE', 'IGNORE'],
    ['0.0.0.0:22', PLAIN, 'IGNORE', 'IGNORE'],
    ['250.1.2.3:22', PLAIN, 'IGNORE', 'IGNORE'],
    ['::1:22', PLAIN, 'IGNORE', 'IGNORE'],
    ['2001:db8::1:22', PLAIN, 'IGNORE', 'IGNORE'],
    ['::ffff:127.0.0.1:22', PLAIN, 'IGNORE', 'IGNORE'],
  ])('%s %j: tcp %s, udp %s', (remote, config, tcp, udp) => {
    expect([asked('tcp', remote, config), asked('udp', remote, config)]).toEqual([tcp, udp]);
  });
});

it('what comes from loopback comes from the gateway', () => {
  const s = settings({ network: '10.0.2.0/24' }, 1500);
  const rules = new AddressRules(s, new Services([], false));
  const seen = ['127.0.0.1', '127.9.9.9', '192.0.2.1', '2001:db8::1'].map((text) => {
    const from = Endpoint.parse(text, 7)!;
    rules.seenAs(from);
    return String(from);
  });
  expect(seen).toEqual(['10.0.2.2:7', '10.0.2.2:7', '192.0.2.1:7', '[2001:db8::1]:7']);
});
