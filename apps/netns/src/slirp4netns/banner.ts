// What people read on standard output, as slirp4netns writes it.
import type { Layout } from '../network.ts';
import type { Choices } from './options.ts';

const LOOPBACK_WARNING = (gateway: string): string =>
  `WARNING: 127.0.0.1:* on the host is accessible as ${gateway} (set --disable-host-loopback to prohibit connecting to 127.0.0.1:*)\n`;

export function banner({ mtu, dns, hostLoopback, apiSocket }: Choices, layout: Layout): string {
  const { cidr, mask, gateway, nameserver, pool, guest } = layout;
  const lines: [string, string][] = [
    ['MTU', String(mtu)],
    ['Network', cidr.split('/')[0]!],
    ['Netmask', mask],
    ['Gateway', gateway],
    ['DNS', dns ? nameserver : 'disabled'],
    ['DHCP begin', pool],
    ['Recommended IP', guest],
    ...(apiSocket === null ? [] : [['API Socket', apiSocket] as [string, string]]),
  ];
  const text = lines.map(([name, value]) => `* ${`${name}:`.padEnd(17)}${value}\n`).join('');
  return `Starting slirp\n${text}${hostLoopback ? LOOPBACK_WARNING(gateway) : ''}`;
}
