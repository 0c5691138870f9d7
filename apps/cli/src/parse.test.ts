import { Level } from '@reslirp/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Choices, OPTIONS } from './options.ts';
import { parse } from './parse.ts';
import { UsageError } from './usage-error.ts';
import type { HostForwardValue } from './values.ts';

function forward(
  protocol: 'tcp' | 'udp',
  address: string,
  port: number,
  guest: string | null,
  to: number,
): HostForwardValue {
  return { protocol, host: { address, port }, guest: { address: guest, port: to } };
}

const CORP = { domain: 'corp.example', servers: ['10.1.2.3', '[2001:db8::1]:5353'] };

/** For each option that takes a value: one that is accepted, and what it becomes. */
const VALUES: Record<string, [text: string, choices: Choices]> = {
  vnetwork: ['10.9.0.0/16', { network: { address: 0x0a090000, prefix: 16 } }],
  vnetmask: ['255.255.0.0', { mask: 16 }],
  vhost: ['10.0.2.9', { gateway: { ip: 0x0a000209 } }],
  vnameserver: ['+9', { nameserver: { offset: 9 } }],
  'if-mtu': ['9000', { mtu: 9_000 }],
  'if-mru': ['65521', { mru: 65_521 }],
  'vdhcp-start': ['10.0.2.100', { dhcpStart: { ip: 0x0a000264 } }],
  vhostname: ['vm', { hostName: 'vm' }],
  dhcp6: ['stateful', { dhcp6: 'stateful' }],
  'mfr-id': ['0x8119', { manufacturer: 0x8119 }],
  'oob-eth-addr': ['52:54:00:12:34:56', { managementMac: '52:54:00:12:34:56' }],
  vdomainname: ['example.org.', { domainName: 'example.org.' }],
  vdnssearch: ['a.example,b.example', { searchDomains: ['a.example', 'b.example'] }],
  'dhcp-host': [
    '52:54:00:12:34:56=+50,vm',
    { dhcpHosts: [{ who: { mac: '52:54:00:12:34:56' }, address: { offset: 50 }, name: 'vm' }] },
  ],
  'dhcp-option': ['42=10.0.2.2', { dhcpOptions: ['42=10.0.2.2'] }],
  'dhcp-lease-time': ['3600', { leaseTime: 3_600 }],
  'lease-file': ['/x', { leaseFile: '/x' }],
  'tftp-path': [import.meta.dirname, { tftpPath: import.meta.dirname }],
  bootfile: ['ipxe:boot.ipxe', { bootFiles: [{ when: 'ipxe', file: 'boot.ipxe' }] }],
  'tftp-server-name': ['192.0.2.9', { tftpServerName: '192.0.2.9' }],
  'resolv-conf': [import.meta.filename, { resolvConf: import.meta.filename }],
  'tcp-keepalive': ['60', { tcpKeepalive: 60 }],
  'outbound-addr': ['127.0.0.1', { outbound4: '127.0.0.1' }],
  'outbound-addr6': ['::1', { outbound6: '::1' }],
  'connect-timeout': ['20', { connectTimeout: 20 }],
  'udp-timeout': ['120', { udpTimeout: 120 }],
  'udp-filtering': ['symmetric', { udpFiltering: 'symmetric' }],
  dns: ['corp.example=10.1.2.3,[2001:db8::1]:5353', { dnsServers: [CORP] }],
  'dns-host': ['db.example=10.0.2.2,::1', { dnsHosts: [{ name: 'db.example', addresses: ['10.0.2.2', '::1'] }] }],
  'dns-zone': ['lan.example', { dnsZone: { name: 'lan.example' } }],
  host: ['node', { host: 'node' }],
  vprefix6: ['fd01::', { network6: 'fd01::/64' }],
  vhost6: ['fd00::9', { gateway6: 'fd00::9' }],
  vnameserver6: ['fd00::9', { nameserver6: 'fd00::9' }],
  allow: ['tcp:any:80-90', { rules: [{ action: 'allow', protocol: 'tcp', to: 'any', ports: [80, 90] }] }],
  deny: ['private', { rules: [{ action: 'deny', to: 'private' }] }],
  hostfwd: ['tcp::22-:2222', { hostForwards: [forward('tcp', '0.0.0.0', 22, null, 2222)] }],
  guestfwd: ['tcp::7-cmd:cat', { guestForwards: [{ at: { address: null, port: 7 }, to: { command: 'cat' } }] }],
  listen: ['9000', { ways: [{ kind: 'listen', place: { kind: 'tcp', host: '127.0.0.1', port: 9_000 } }] }],
  reverse: ['unix:/x', { ways: [{ kind: 'reverse', place: { kind: 'unix', path: '/x' } }] }],
  qemu: ['udp:9000', { ways: [{ kind: 'qemu', how: 'udp', place: { kind: 'tcp', host: '127.0.0.1', port: 9_000 } }] }],
  vde: ['/a[5]', { ways: [{ kind: 'vde', url: { text: 'vde:///a[5]', switch: { path: '/a', port: 5 } } }] }],
  ws: ['[::1]:9', { ways: [{ kind: 'ws', place: { kind: 'tcp', host: '::1', port: 9 } }] }],
  origin: ['https://a.example,*', { origins: ['https://a.example', '*'] }],
  framing: ['qemu', { framing: { width: 4, littleEndian: false } }],
  'token-file': [import.meta.filename, { tokenFile: import.meta.filename }],
  'tls-cert': [import.meta.filename, { tlsCert: import.meta.filename }],
  'tls-key': [import.meta.filename, { tlsKey: import.meta.filename }],
  'tls-ca': [import.meta.filename, { tlsCa: import.meta.filename }],
  'max-guests': ['3', { maxGuests: 3 }],
  keep: ['30', { keep: 30 }],
  pcap: ['-', { pcap: '-' }],
  'pcap-size': ['10m', { pcapSize: 10 << 20 }],
  'pcap-files': ['5', { pcapFiles: 5 }],
  api: ['/run/reslirp.sock', { api: { kind: 'unix', path: '/run/reslirp.sock' } }],
  'api-token-file': [import.meta.filename, { apiTokenFile: import.meta.filename }],
  debug: ['3', { level: Level.DEBUG }],
  dump: ['dns,ip', { dump: ['dns', 'ipv4', 'ipv6'] }],
};

const FLAGS: Record<string, Choices> = {
  'disable-dhcp': { disableDhcp: true },
  'disable-dns': { disableDns: true },
  'no-dns-cache': { dnsCache: false },
  'disable-host-loopback': { disableHostLoopback: true },
  restricted: { restricted: true },
  'enable-emu': { emulate: true },
  ipv6: { ipv6: true },
  'no-ipv6': { ipv6: false },
  'no-ipv4': { ipv4: false },
  tls: { tls: true },
  reconnect: { reconnect: true },
  shared: { shared: true },
  isolated: { isolated: true },
  quiet: { level: Level.NONE },
  help: { instead: 'help' },
  version: { instead: 'version' },
};

/** The message of the error; fails when there is none. */
function complaint(...args: string[]): string {
  try {
    parse(args);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error(`${args.join(' ')} was accepted`);
}

describe('every option', () => {
  it('is known to this test', () => {
    expect([...Object.keys(VALUES), ...Object.keys(FLAGS)].sort()).toEqual(OPTIONS.map(({ long }) => long).sort());
  });

  for (const { long, short, value, optional, accepts } of OPTIONS) {
    const [text, choices] = value === undefined ? [null, FLAGS[long]] : (VALUES[long] ?? [null, undefined]);
    const spelled = [`--${long}`, `--${long.replaceAll('-', '_')}`, `--${long.replace('-', '_')}`];

    if (text === null) {
      it.each(short === undefined ? spelled : [...spelled, `-${short}`])('%s', (name) => {
        expect(parse([name])).toEqual(choices);
      });

      it(`--${long} takes no value`, () => {
        expect(complaint(`--${long}=1`)).toBe(`--${long}: '1' was given, but it takes no value`);
      });
    } else {
      it.each(spelled)(`%s ${text}, and with =`, (name) => {
        expect(parse([name, text])).toEqual(choices);
        expect(parse([`${name}=${text}`])).toEqual(choices);
      });

      if (short !== undefined) {
        it(`-${short}${text}, and apart`, () => {
          expect(parse([`-${short}`, text])).toEqual(choices);
          expect(parse([`-${short}${text}`])).toEqual(choices);
        });
      }

      it(`--${long} says what it accepts`, () => {
        const wrong = ['lease-file', 'bootfile', 'pcap', 'vde'].includes(long) ? '' : '!'; // any name is one of a file
        expect(complaint(`--${long}=${wrong}`)).toBe(`--${long}: '${wrong}' is not ${accepts}`);
        if (optional !== true) expect(complaint(`--${long}`)).toMatch(`--${long}: has no value: it needs ${accepts}`);
      });
    }
  }
});

describe('values', () => {
  it.each([
    ['-n', '10.0.2'],
    ['-n', '10.0.2.0/30'],
    ['-n', '10.0.0.0/7'],
    ['-n', '010.0.2.0'],
    ['-m', '255.0.255.0'],
    ['-m', '24'],
    ['-h', '10.0.2.2.'],
    ['-h', '+0'],
    ['-h', 'gateway'],
    ['-s', '::1'],
    ['-t', '67'],
    ['-t', '65522'],
    ['-t', '1e3'],
    ['-t', ''],
    ['-d', '5'],
    ['--vhostname', 'a..b'],
    ['--vhostname', '-a'],
    ['--vhostname', 'a b'],
    ['--vdnssearch', 'a,,b'],
    ['--resolv-conf', '/no/such/file'],
    ['--resolv-conf', '/'],
    ['--tftp-path', '/no/such/directory'],
    ['--tftp-path', import.meta.filename],
    ['--bootfile', 'amiga:x'],
    ['--bootfile', 'ipxe:'],
    ['--bootfile', 'two words'],
    ['--bootfile', 'x'.repeat(256)],
    ['--tftp-server-name', 'a..b'],
    ['--vprefix6', '10.0.0.0/8'],
    ['--vprefix6', 'fd00::/64/1'],
    ['--vhost6', '10.0.2.2'],
    ['--vhost6', 'fe80::1%eth0'],
    ['--deny', '10.0.0.1/8'],
    ['--deny', 'any:70000'],
    ['--deny', 'sctp:any'],
    ['--deny', 'any:9-8'],
    ['--hostfwd', 'tcp:22-:22'],
    ['--hostfwd', 'tcp::22'],
    ['--hostfwd', 'sctp::22-:22'],
    ['--hostfwd', 'tcp::22-:0'],
    ['--hostfwd', 'tcp::65536-:22'],
    ['--hostfwd', 'tcp:::1:22-:22'],
    ['--hostfwd', 'tcp:[10.0.2.2]:22-:22'],
    ['--hostfwd', 'tcp::80-82-:80-81'],
    ['--hostfwd', 'tcp::1-2000-:1-2000'],
    ['--hostfwd', 'unix:-:22'],
    ['--guestfwd', 'udp::7-cmd:cat'],
    ['--guestfwd', 'tcp::7-cmd:'],
    ['--guestfwd', 'tcp::7-tcp::80'],
    ['--guestfwd', 'tcp::0-cmd:cat'],
  ])('%s %j is refused', (name, value) => {
    expect(complaint(name, value)).toMatch(/^--[a-z0-9-]+: '.*' is not /);
  });

  it.each<[string, HostForwardValue[]]>([
    ['tcp:127.0.0.1:2222-10.0.2.15:22', [forward('tcp', '127.0.0.1', 2222, '10.0.2.15', 22)]],
    [':127.0.0.1:2222-:22', [forward('tcp', '127.0.0.1', 2222, null, 22)]],
    ['udp:[::1]:0-[fd00::15]:53', [forward('udp', '::1', 0, 'fd00::15', 53)]],
    ['tcp::80-81-:90-91', [forward('tcp', '0.0.0.0', 80, null, 90), forward('tcp', '0.0.0.0', 81, null, 91)]],
    ['unix:/run/a-b:c-:22', [{ protocol: 'tcp', host: { path: '/run/a-b:c' }, guest: { address: null, port: 22 } }]],
  ])('--hostfwd %s', (text, hostForwards) => {
    expect(parse(['--hostfwd', text])).toEqual({ hostForwards });
  });

  it.each<[string, object]>([
    [
      'tcp:10.0.2.100:80-tcp:127.0.0.1:8080',
      { at: { address: '10.0.2.100', port: 80 }, to: { address: '127.0.0.1', port: 8080 } },
    ],
    ['tcp::80-tcp:[::1]:8080', { at: { address: null, port: 80 }, to: { address: '::1', port: 8080 } }],
    ['tcp:[fd00::9]:80-unix:/run/x', { at: { address: 'fd00::9', port: 80 }, to: { path: '/run/x' } }],
    [':10.0.2.9:7-cmd:nc 127.0.0.1 80', { at: { address: '10.0.2.9', port: 7 }, to: { command: 'nc 127.0.0.1 80' } }],
  ])('--guestfwd %s', (text, forward) => {
    expect(parse(['--guestfwd', text])).toEqual({ guestForwards: [forward] });
  });

  it.each([
    ['boot/a:b', { file: 'boot/a:b' }],
    ['http://10.0.2.2/x', { file: 'http://10.0.2.2/x' }],
    ['http:http://10.0.2.2/x', { when: 'http', file: 'http://10.0.2.2/x' }],
    ['x64-uefi:/grub.efi', { when: 'x64-uefi', file: '/grub.efi' }],
  ])('--bootfile %s', (text, file) => {
    expect(parse(['--bootfile', text]).bootFiles).toEqual([file]);
  });

  it('rules stay in their order', () => {
    const { rules } = parse(['--allow', 'udp:[fd00::/8]:53', '--deny', 'any', '--allow', '192.0.2.1']);
    expect(rules).toEqual([
      { action: 'allow', protocol: 'udp', to: 'fd00::/8', ports: [53, 53] },
      { action: 'deny', to: 'any' },
      { action: 'allow', to: '192.0.2.1' },
    ]);
  });

  it('a list of domains grows with each option', () => {
    expect(parse(['--vdnssearch', 'a,b', '--vdnssearch=c']).searchDomains).toEqual(['a', 'b', 'c']);
  });

  it('of two the later one wins', () => {
    expect(parse(['-t', '1400', '--if-mtu=1300']).mtu).toBe(1_300);
  });
});

describe('layers', () => {
  it.each([
    [
      ['-D', 'ether', '--dump=tcp,udp'],
      ['ether', 'tcp', 'udp'],
    ],
    [['-Dall'], ['ether', 'arp', 'ipv4', 'ipv6', 'icmp', 'tcp', 'udp', 'dhcp', 'dns', 'tftp', 'ncsi']],
  ])('%j', (args, layers) => {
    expect(parse(args).dump).toEqual(layers);
  });

  it.each(['', 'ether,', 'IP', 'all,http', ' dns', '__proto__'])("not '%s'", (text) => {
    expect(complaint(`--dump=${text}`)).toBe(
      `--dump: '${text}' is not a list of all, ip, ether, arp, ipv4, ipv6, icmp, tcp, udp, dhcp, dns, tftp, ncsi`,
    );
  });
});

describe('levels', () => {
  it.each([
    [['-d'], Level.INFO],
    [['-dd'], Level.DEBUG],
    [['-d', '--debug', '-d'], Level.TRACE],
    [['-dddddd'], Level.TRACE],
    [['-d0'], Level.ERROR],
    [['-d', '4'], Level.TRACE],
    [['--debug', '2'], Level.INFO],
    [['--debug=1'], Level.WARN],
    [['-q'], Level.NONE],
    [['-qd'], Level.ERROR],
    [['-dq'], Level.NONE],
    [['-d2d'], Level.DEBUG],
  ])('%j', (args, level) => {
    expect(parse(args).level).toBe(level);
  });

  it('a number belongs to -d only right behind it', () => {
    expect(complaint('-q', '3')).toMatch(/^'3': reslirp takes options only/);
    expect(complaint('-d', '--', '3')).toMatch(/^'3': reslirp takes options only/);
  });
});

describe('combined', () => {
  it('short options, the last with its value', () => {
    expect(parse(['-qdn10.0.0.0/8', '--restricted'])).toEqual({
      level: Level.ERROR,
      network: { address: 0x0a000000, prefix: 8 },
      restricted: true,
    });
  });

  it('-h is the gateway, as it always was', () => {
    expect(parse(['-h10.0.2.2'])).toEqual({ gateway: { ip: 0x0a000202 } });
  });

  it('help comes before what is wrong behind it', () => {
    expect(parse(['--help', '--nonsense'])).toEqual({ instead: 'help' });
  });
});

describe('what there is not', () => {
  it.each([
    ['--vnetwrok', 'did you mean --vnetwork?'],
    ['--disable_dnss', 'did you mean --disable-dns?'],
    ['--restrict', 'did you mean --restricted?'],
    ['--frobnicate', '--help lists them all'],
    ['-x', '--help lists them all'],
    ['--__proto__', '--help lists them all'],
  ])('%s', (name, hint) => {
    expect(complaint(name)).toBe(`${name}: there is no such option; ${hint}`);
  });

  it.each(['eth0', '-', ''])('positional %j', (word) => {
    expect(complaint(word)).toBe(`'${word}': reslirp takes options only; see --help`);
  });
});

it('any arguments: choices, or one line', () => {
  const word = fc.oneof(
    fc.constantFrom(...OPTIONS.flatMap(({ long, short }) => [`--${long}`, `-${short ?? 'x'}`])),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (args) => {
      try {
        parse(args);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach the terminal
        expect((error as Error).message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }
    }),
  );
}, 60_000);

describe('--api', () => {
  it.each([
    ['8080', { kind: 'tcp', host: '127.0.0.1', port: 8_080 }],
    ['[::1]:0', { kind: 'tcp', host: '::1', port: 0 }],
    ['unix:api.sock', { kind: 'unix', path: 'api.sock' }],
    ['./api.sock', { kind: 'unix', path: './api.sock' }],
    ['unix:/run/api', { kind: 'unix', path: '/run/api' }],
  ])('%s', (text, place) => {
    expect(parse(['--api', text]).api).toEqual(place);
  });

  it.each(['api.sock', 'localhost:99999', '', `/${'x'.repeat(104)}`])('%j is refused', (text) => {
    expect(() => parse(['--api', text])).toThrow(/^--api: .* is not a place such as/);
  });
});
