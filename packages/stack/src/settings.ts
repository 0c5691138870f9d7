// A Config with its defaults filled in and every field checked. Nothing later looks at a Config.
import { format4, mask4, parse4, parseCidr4 } from '@reslirp/wire/address';
import { type Config, ConfigError, type Limits, type Timeouts, UDP_FILTERINGS, type UdpFiltering } from './config.ts';
import { inside, type Network } from './network.ts';
import { Policy } from './policy.ts';
import { type Advertised, advertised, network6 } from './settings6.ts';

export interface Settings {
  readonly network: Network;
  /** Largest IP packet that the guest may send. */
  readonly mru: number;
  readonly restricted: boolean;
  readonly hostLoopback: boolean;
  readonly udpFiltering: UdpFiltering;
  readonly policy: Policy;
  readonly advertise: Advertised;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
}

/** A larger network than /8 is none that RFC 1918 knows; a smaller one than /29 has no room for guests beside our two addresses. */
const PREFIX = { least: 8, most: 29 } as const;
/** RFC 791: every network carries 68 bytes. Above: what fits into 65,535 with an Ethernet header. */
const MTU = { least: 68, most: 65_521 } as const;
const GATEWAY = 2;
const NAMESERVER = 3;

/** Default, least and most of every cap. */
const LIMITS: Readonly<Record<keyof Limits, readonly [number, number, number]>> = {
  tcpFlows: [16_384, 1, 262_144],
  udpFlows: [4_096, 1, 262_144],
  neighbours: [1_024, 1, 65_536],
  reassemblies: [64, 1, 65_536],
  reassemblyBytes: [1 << 20, 4_096, 1 << 30],
  tcpBuffer: [8 << 20, 4_096, 1 << 30],
  tcpMemory: [256 << 20, 0, Number.MAX_SAFE_INTEGER],
};

const DAY = 86_400_000;
/** Default, least and most of every timeout. */
const TIMEOUTS: Readonly<Record<keyof Timeouts, readonly [number, number, number]>> = {
  tcpConnect: [75_000, 100, 600_000],
  tcpKeepalive: [7_200_000, 0, 30 * DAY],
  tcpKeepaliveInterval: [75_000, 100, DAY],
  tcpKeepaliveProbes: [9, 1, 255],
  tcpSilence: [300_000, 1_000, DAY],
  tcpFinWait2: [600_000, 1_000, DAY],
  tcpTimeWait: [10_000, 0, 600_000],
  udp: [240_000, 100, DAY],
  udpDns: [10_000, 100, DAY],
  echo: [60_000, 100, DAY],
};

/** Throws the ConfigError that createStack() would throw on a link of this MTU; for those who want to know early. */
export function checkConfig(config: Config, linkMtu: number): Network {
  return settings(config, linkMtu).network;
}

/** `linkMtu`: what the link carries. Throws ConfigError. */
export function settings(config: Config, linkMtu: number): Settings {
  if (linkMtu < MTU.least) throw new ConfigError('mtu', `the link carries ${linkMtu} bytes, and IP needs ${MTU.least}`);
  const mtu = mtuOf('mtu', config.mtu, Math.min(linkMtu, MTU.most), Math.min(linkMtu, MTU.most));
  const network = networkOf(config, mtu);
  if (!network.speaks4 && network.v6 === null) throw new ConfigError('ipv4', 'off, and there is no IPv6 either');
  return {
    network,
    mru: mtuOf('mru', config.mru, mtu, MTU.most),
    restricted: flag('restricted', config.restricted, false),
    hostLoopback: flag('hostLoopback', config.hostLoopback, true),
    udpFiltering: filteringOf(config.udpFiltering),
    policy: new Policy(config.rules ?? []),
    advertise: advertised(config.advertise ?? {}),
    limits: limitsOf(config.limits ?? {}),
    timeouts: timeoutsOf(config.timeouts ?? {}),
  };
}

function filteringOf(value: UdpFiltering = 'endpoint-independent'): UdpFiltering {
  if (UDP_FILTERINGS.includes(value)) return value;
  throw wrong('udpFiltering', value, `one of ${UDP_FILTERINGS.join(', ')}`);
}

function networkOf(config: Config, mtu: number): Network {
  const cidr = parseCidr4(String(config.network));
  if (cidr === null || cidr.prefix < PREFIX.least || cidr.prefix > PREFIX.most) {
    throw wrong(
      'network',
      config.network,
      `an IPv4 network such as '10.0.2.0/24', of ${PREFIX.least} to ${PREFIX.most} bits`,
    );
  }
  const mask = mask4(cidr.prefix);
  const address = cidr.address & mask;
  if (address !== cidr.address) {
    throw wrong('network', config.network, `a network of ${cidr.prefix} bits: '${format4(address)}/${cidr.prefix}' is`);
  }
  const bare = {
    address4: address,
    mask4: mask,
    prefix4: cidr.prefix,
    broadcast4: address | ~mask,
    gateway4: address,
    nameserver4: address,
    speaks4: flag('ipv4', config.ipv4, true),
    v6: network6(config, mtu),
    mtu,
  };
  checkUnicast(config.network, address >>> 24);
  const gateway4 = ownAddress('gateway', config.gateway, address + GATEWAY, bare);
  const nameserver4 = ownAddress('nameserver', config.nameserver, address + NAMESERVER, bare);
  if (nameserver4 === gateway4) {
    throw new ConfigError(
      'nameserver',
      `'${format4(nameserver4)}' is the gateway; it must be another address of the network`,
    );
  }
  return { ...bare, gateway4, nameserver4 };
}

/** A prefix of 8 bits or more lies wholly on one side of every class boundary. */
function checkUnicast(text: string, top: number): void {
  if (top !== 0 && top !== 127 && top < 224) return;
  throw wrong('network', text, "a network that hosts can be in: '1.0.0.0' to '223.255.255.255', and not 127");
}

function ownAddress(field: 'gateway' | 'nameserver', text: string | undefined, otherwise: number, n: Network): number {
  const ip = text === undefined ? otherwise | 0 : parse4(String(text));
  if (ip !== null && inside(n, ip) && ip !== n.address4 && ip !== n.broadcast4) return ip;
  const range = `'${format4(n.address4 + 1)}' to '${format4(n.broadcast4 - 1)}'`;
  throw wrong(field, text, `an address for a host of the network: ${range}`);
}

function mtuOf(field: 'mtu' | 'mru', value: number | undefined, otherwise: number, most: number): number {
  return integer(field, value, [otherwise, MTU.least, most]);
}

function limitsOf(given: Partial<Limits>): Limits {
  const limit = (name: keyof Limits): number => integer(`limits.${name}`, given[name], LIMITS[name]);
  const tcpBuffer = limit('tcpBuffer');
  if (!Number.isInteger(Math.log2(tcpBuffer))) throw wrong('limits.tcpBuffer', tcpBuffer, 'a power of two');
  return {
    tcpFlows: limit('tcpFlows'),
    udpFlows: limit('udpFlows'),
    neighbours: limit('neighbours'),
    reassemblies: limit('reassemblies'),
    reassemblyBytes: limit('reassemblyBytes'),
    tcpBuffer,
    tcpMemory: limit('tcpMemory'),
  };
}

function timeoutsOf(given: Partial<Timeouts>): Timeouts {
  const timeout = (name: keyof Timeouts): number => integer(`timeouts.${name}`, given[name], TIMEOUTS[name]);
  const tcpKeepalive = timeout('tcpKeepalive');
  const interval = timeout('tcpKeepaliveInterval');
  const [, least] = TIMEOUTS.tcpKeepaliveInterval;
  return {
    tcpConnect: timeout('tcpConnect'),
    tcpKeepalive,
    tcpKeepaliveInterval:
      given.tcpKeepaliveInterval === undefined && tcpKeepalive > 0
        ? Math.max(least, Math.min(interval, tcpKeepalive))
        : interval,
    tcpKeepaliveProbes: timeout('tcpKeepaliveProbes'),
    tcpSilence: timeout('tcpSilence'),
    tcpFinWait2: timeout('tcpFinWait2'),
    tcpTimeWait: timeout('tcpTimeWait'),
    udp: timeout('udp'),
    udpDns: timeout('udpDns'),
    echo: timeout('echo'),
  };
}

function integer(
  field: string,
  value: number | undefined,
  [otherwise, least, most]: readonly [number, number, number],
): number {
  const n = value ?? otherwise;
  if (Number.isInteger(n) && n >= least && n <= most) return n;
  throw wrong(field, n, `a whole number from ${least} to ${most}`);
}

export function flag(field: string, value: boolean | undefined, otherwise: boolean): boolean {
  const is = value ?? otherwise;
  if (is === true || is === false) return is;
  throw wrong(field, is, 'true or false');
}

export function wrong(field: string, value: unknown, accepted: string): ConfigError {
  return new ConfigError(field, `'${String(value)}' is not ${accepted}`);
}
