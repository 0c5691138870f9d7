import { closeSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from './parse.ts';
import { type Settings, settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

function of(...args: string[]): Settings {
  return settings(parse(args));
}

function complaint(...args: string[]): string {
  try {
    of(...args);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error(`${args.join(' ')} was accepted`);
}

describe('the network', () => {
  it('is the usual one when nothing is said', () => {
    expect(of()).toEqual({
      network: {
        network: '10.0.2.0/24',
        gateway: '10.0.2.2',
        nameserver: '10.0.2.3',
        mtu: 1_500,
        mru: 1_500,
        restricted: false,
        hostLoopback: true,
        udpFiltering: 'endpoint-independent',
        timeouts: { tcpConnect: 75_000, tcpKeepalive: 7_200_000, udp: 240_000 },
      },
      guest: '10.0.2.20',
      inner: '10.0.2.4',
      dhcp: {
        start: '10.0.2.20',
        router: true,
        nameservers: ['10.0.2.3'],
        hostname: 'reslirp',
        search: [],
        leaseSeconds: 86_400,
        hosts: [],
        options: [],
      },
      leaseFile: null,
      dhcp6: null,
      ncsi: { manufacturer: 0 },
      dns: {},
      emulate: false,
      resolvConf: null,
      host: 'auto',
      forwards: [],
      guestForwards: [],
      cables: null,
      api: null,
      recording: null,
      level: 1,
      dump: null,
    });
  });

  it('--dump names each layer once, and is as colourful as stderr', () => {
    expect(settings(parse(['-Dip,dns', '-Dipv4'])).dump).toEqual({ layers: ['ipv4', 'ipv6', 'dns'], colour: false });
    expect(settings(parse(['-Darp']), false, true).dump).toEqual({ layers: ['arp'], colour: true });
  });

  it.each([
    [['-n', '192.168.7.0'], '192.168.7.0/24 192.168.7.2 192.168.7.3 192.168.7.20'],
    [['-n', '172.16.0.0/12'], '172.16.0.0/12 172.16.0.2 172.16.0.3 172.16.0.20'],
    [['-n', '172.16.0.0', '-m', '255.240.0.0'], '172.16.0.0/12 172.16.0.2 172.16.0.3 172.16.0.20'],
    [['-n', '200.1.2.0/24', '-h', '+1', '-s', '200.1.2.1', '-h+254'], '200.1.2.0/24 200.1.2.254 200.1.2.1 200.1.2.20'],
    [['-n', '10.1.1.8/29'], '10.1.1.8/29 10.1.1.10 10.1.1.11 10.1.1.9'],
    [['-m', '255.0.0.0'], '10.0.0.0/8 10.0.2.2 10.0.2.3 10.0.2.20'],
    [['--vdhcp-start', '+2'], '10.0.2.0/24 10.0.2.2 10.0.2.3 10.0.2.4'],
  ])('%j', (args, text) => {
    const { network, dhcp } = of(...args);
    expect(`${network.network} ${network.gateway} ${network.nameserver} ${dhcp?.start}`).toBe(text);
  });

  it('the guest may send what it may receive, unless it is said otherwise', () => {
    expect(of('-t', '9000').network).toMatchObject({ mtu: 9_000, mru: 9_000 });
    expect(of('-t', '9000', '-r', '1280').network).toMatchObject({ mtu: 9_000, mru: 1_280 });
  });
});

it('silence is told in seconds, and kept in milliseconds', () => {
  const { timeouts } = of('--tcp-keepalive', '0', '--udp-timeout', '30', '--connect-timeout', '5').network;
  expect(timeouts).toEqual({ tcpConnect: 5_000, tcpKeepalive: 0, udp: 30_000 });
});

describe('connections leave from', () => {
  it('an address', () => {
    expect(of('--outbound-addr', '192.0.2.1').outbound).toEqual({ address4: '192.0.2.1', address6: null });
    expect(of('--outbound-addr6', '::1').outbound).toEqual({ address4: null, address6: '::1' });
  });

  it('the address of an interface', () => {
    const [name, [first]] = Object.entries(networkInterfaces() as Record<string, NetworkInterfaceInfo[]>).find(
      ([, all]) => all[0]?.family === 'IPv4',
    ) as [string, [NetworkInterfaceInfo]];
    expect(of('--outbound-addr', name).outbound?.address4).toBe(first.address);
  });

  it.each(['nosuchif', '::1', 'fe80::1%lo', ''])('not %j', (text) => {
    expect(complaint('--outbound-addr', text)).toMatch(/^--outbound-addr: .*is not an IPv4 address, or an interface/);
  });
});

describe('what guests are told', () => {
  it.each([
    [['--disable-dns'], { router: true, nameservers: [] }],
    [['--restricted'], { router: false, nameservers: [] }],
    [['--vdomainname', 'a.example', '--vdnssearch', 'b'], { domain: 'a.example', search: ['b'] }],
    [['--vhostname', 'vm'], { hostname: 'vm' }],
    [['--tftp-path', '.'], { boot: { files: [] } }],
    [['--bootfile', 'a', '--bootfile', 'bios:b'], { boot: { files: [{ file: 'a' }, { when: 'bios', file: 'b' }] } }],
    [['--tftp-server-name', 'boot.lan'], { boot: { files: [], serverName: 'boot.lan' } }],
  ])('%j', (args, expected) => {
    expect(of(...args).dhcp).toMatchObject(expected);
  });

  it('files by TFTP, with DHCP or without, by a path that is the same everywhere', () => {
    expect(of('--tftp-path', '.', '--disable-dhcp')).toMatchObject({ tftp: process.cwd(), dhcp: null });
  });

  it('nothing, with --disable-dhcp', () => {
    expect(of('--disable-dhcp').dhcp).toBeNull();
  });
});

describe('what does not go together', () => {
  it.each([
    [['-h', '10.0.3.2'], "--vhost: '10.0.3.2' is not an address for a host of 10.0.2.0/24"],
    [['-h', '10.0.2.255'], "--vhost: '10.0.2.255' is not an address for a host of 10.0.2.0/24"],
    [['-s', '+0255'], /^--vnameserver: '\+0255' is not an IPv4 address/],
    [['-s', '+255'], "--vnameserver: '+255' is not an address for a host of 10.0.2.0/24"],
    [['-s', '10.0.2.2'], "--vnameserver: '10.0.2.2' is not free: it is the gateway (--vhost)"],
    [['-n', '10.0.2.1'], "--vnetwork: '10.0.2.1' is not a network of 24 bits: 10.0.2.0/24 is"],
    [['-n', '127.0.0.0'], /^--vnetwork: '127\.0\.0\.0\/24' is not a network that hosts can be in/],
    [['-n', '10.0.0.0/16', '-m', '255.0.0.0'], "--vnetmask: '255.0.0.0' is not the mask of --vnetwork 10.0.0.0/16"],
    [['--vdhcp-start', '10.9.9.9'], "--vdhcp-start: '10.9.9.9' is not an address for a host of 10.0.2.0/24"],
    [
      ['-h', '+253', '-s', '+254', '--vdhcp-start', '+253'],
      "--vdhcp-start: '10.0.2.253' leaves no address for guests in 10.0.2.0/24",
    ],
    [['--bootfile', 'x', '--disable-dhcp'], '--bootfile: is for DHCP, and there is none'],
    [['--bootfile', 'x', '--no-ipv4'], '--bootfile: is for DHCP, and there is none'],
    [['--tftp-server-name', 'x', '--disable-dhcp'], '--tftp-server-name: is for DHCP, and there is none'],
    [['--bootfile', 'http:x'], "--bootfile: 'x' is not a URL of HTTP"],
    [['--vdnssearch', new Array(20).fill('x'.repeat(60)).join()], /too long: a DHCP answer has room for 1000 bytes$/],
  ])('%j', (args, message) => {
    expect(complaint(...args)).toMatch(message);
  });
});

describe('IPv6', () => {
  const v6 = (hasIpv6: boolean, ...args: string[]): string | undefined =>
    settings(parse(args), hasIpv6).network.network6;

  it.each<[boolean, string[], string | undefined]>([
    [false, [], undefined],
    [true, [], 'fd00::/64'],
    [false, ['--ipv6'], 'fd00::/64'],
    [true, ['--no-ipv6'], undefined],
    [false, ['--no-ipv4'], 'fd00::/64'],
    [false, ['--vprefix6', 'fd01:2::/64'], 'fd01:2::/64'],
    [false, ['--vhost6', 'fd00::9'], 'fd00::/64'],
    [true, ['--if-mtu', '1000'], undefined],
  ])('this host has it: %s, and %j was said', (hasIpv6, args, network6) => {
    expect(v6(hasIpv6, ...args)).toBe(network6);
  });

  it.each([
    ['--vprefix6', '--vprefix6', 'ff02::/64'],
    ['--vhost6', '--vhost6', 'fd01::2'],
    ['--vnameserver6', '--vnameserver6', 'fd00::2'],
    ['--no-ipv4', '--no-ipv4', '--no-ipv6'],
    ['--vprefix6', '--ipv6', '--if-mtu', '1000'],
  ])('%s: a complaint about %j', (option, ...args) => {
    expect(complaint(...args)).toMatch(new RegExp(`^${option}: `));
  });

  it('without IPv4 there is no DHCP', () => {
    expect(of('--no-ipv4').dhcp).toBeNull();
  });

  it('domains to search are advertised', () => {
    expect(of('--ipv6', '--vdnssearch', 'a.example').network.advertise).toEqual({
      searchList: ['a.example'],
      managed: false,
      other: true,
    });
  });

  it.each([
    [[], { stateful: false, search: [] }, [false, true]],
    [['--dhcp6', 'stateful', '--disable-dns'], { stateful: true, search: [], nameservers: [] }, [true, true]],
    [['--dhcp6', 'off'], null, [false, false]],
    [
      ['--bootfile', 'x.efi', '--bootfile', 'ipxe:y', '--tftp-path', '/'],
      { stateful: false, search: [], bootFile: 'x.efi' },
      [false, true],
    ],
    [['--bootfile', 'x.efi'], { stateful: false, search: [] }, [false, true]],
    [['--disable-dhcp'], null, [false, false]],
  ])('DHCPv6 is what is advertised: %j', (args, dhcp6, [managed, other]) => {
    const settings = of('--ipv6', ...args);
    expect(settings.dhcp6).toEqual(dhcp6);
    expect(settings.network.advertise).toMatchObject({ managed, other });
  });
});

it('forwards lead to the first guest, and guest forwards from the network + 4, unless they say otherwise', () => {
  const { forwards, guestForwards } = of(
    '-n',
    '10.9.0.0/24',
    '--hostfwd',
    'tcp::22-:22',
    '--guestfwd',
    'tcp::7-cmd:cat',
  );
  expect(forwards).toEqual([
    { protocol: 'tcp', host: { address: '0.0.0.0', port: 22 }, guest: { address: '10.9.0.20', port: 22 } },
  ]);
  expect(guestForwards).toEqual([{ at: { address: '10.9.0.4', port: 7 }, to: { command: 'cat' } }]);
});

describe('captures', () => {
  it("the file is open, this user's alone, and empty", () => {
    const directory = mkdtempSync(join(tmpdir(), 'reslirp-settings-'));
    try {
      const path = join(directory, 'a.pcapng');
      const recording = of('--pcap', path, '--pcap-size', '1G').recording!;
      closeSync(recording.fd);
      expect(recording).toMatchObject({ path, size: 1 << 30, files: 2 });
      expect(statSync(path).mode & 0o777).toBe(0o600);
      writeFileSync(path, 'something else');
      closeSync(of('--pcap', path).recording!.fd);
      expect(readFileSync(path, 'utf8')).toBe('');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each([
    [['--pcap', '/'], "--pcap: '/' cannot be written: EISDIR"],
    [['--pcap', '/nowhere/at/all'], "--pcap: '/nowhere/at/all' cannot be written: ENOENT"],
    [['--pcap', '-'], "--pcap: '-' is taken: standard output is not ours to write to"],
    [
      ['--pcap', '/dev/null', '--pcap-size', '1M'],
      "--pcap: '/dev/null' cannot be followed by another one: it is no file",
    ],
    [['--pcap-size', '1M'], '--pcap-size: is for --pcap, and there is none'],
    [['--pcap', '/dev/null', '--pcap-files', '3'], '--pcap-files: is for --pcap-size, and there is none'],
  ])('%j', (args, message) => {
    expect(complaint(...args)).toBe(message);
  });
});
