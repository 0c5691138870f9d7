// Choices to configurations: where the pieces that options gave apart are fitted together, and checked against each other.
import {
  checkDhcp4,
  checkDns,
  type Dhcp4Boot,
  type ForwardRequest,
  type LeaseFileSettings,
  type NetworkSettings,
  openRecording,
  type Place,
  type RecordingSettings,
  readLeaseFile,
} from '@reslirp/runtime';
import { type Config, ConfigError, checkConfig } from '@reslirp/stack';
import { format4, mask4 } from '@reslirp/wire/address';
import { type ApiSettings, apiSettings } from './api.ts';
import { type CableSettings, cableSettings } from './cable-settings.ts';
import { type Choices, DEFAULTS } from './options.ts';
import { UsageError } from './usage-error.ts';
import type { AddressValue, Dhcp6Kind, GuestForwardValue, HostForwardValue, HostKind } from './values.ts';

/** Where guest forwards are that name no address: the network + 4, as in QEMU. */
const INNER = 4;
const SECOND = 1_000;
/** Of text. It shares a packet of 1500 bytes with the rest of the answer. */
const LONGEST_SEARCH_LIST = 1_000;

export interface Settings extends NetworkSettings {
  /** The first guest's address, IPv4: by DHCP, or of the interface that `reslirp run` sets up. */
  readonly guest: string;
  /** Where guest forwards are that name no address, IPv4. */
  readonly inner: string;
  readonly host: HostKind;
  /** Their addresses filled in. */
  readonly forwards: readonly ForwardRequest[];
  readonly guestForwards: readonly GuestForward[];
  /** Null: the cable is standard input and output, or a TAP. */
  readonly cables: CableSettings | null;
  /** Null: no API. */
  readonly api: ApiSettings | null;
}

/** As a GuestForwardRequest, or to a command. */
export interface GuestForward {
  readonly at: Place;
  readonly to: GuestForwardValue['to'];
}

/** A network, its addresses unsigned so that they can be compared and added to. */
interface Span {
  /** What +N counts from. */
  readonly base: number;
  /** The first and the last address that a host can have. */
  readonly first: number;
  readonly last: number;
  /** In CIDR form. */
  readonly cidr: string;
}

/**
 * Throws a UsageError when the choices do not go together. `hasIpv6`: guests get IPv6 when nothing is said about it. `colour`: of
 * the text of frames.
 */
export function settings(choices: Choices, hasIpv6: boolean = false, colour: boolean = false): Settings {
  const all = { ...DEFAULTS, ...choices };
  const span = spanOf(choices);
  const gateway = hostIn(span, '--vhost', all.gateway);
  const nameserver = hostIn(span, '--vnameserver', all.nameserver);
  if (nameserver === gateway) {
    throw new UsageError('--vnameserver', `'${format4(nameserver)}' is not free: it is the gateway (--vhost)`);
  }
  const restricted = all.restricted ?? false;
  const dns = !all.disableDns;
  const v6 = network6(choices, hasIpv6);
  const guest = format4(poolStart(span, choices.dhcpStart, [gateway, nameserver]));
  const isDhcp = hasDhcp(choices);
  const cables = cableSettings(choices);
  const chosen = checked({
    network: {
      network: span.cidr,
      gateway: format4(gateway),
      nameserver: format4(nameserver),
      mtu: all.mtu,
      mru: all.mru ?? all.mtu,
      restricted,
      hostLoopback: !all.disableHostLoopback,
      udpFiltering: all.udpFiltering,
      timeouts: {
        tcpConnect: all.connectTimeout * SECOND,
        tcpKeepalive: all.tcpKeepalive * SECOND,
        udp: all.udpTimeout * SECOND,
      },
      ...(all.ipv4 === false ? { ipv4: false } : {}),
      ...v6,
      ...(v6 === null ? {} : { advertise: advertise(all) }),
      ...(all.rules === undefined ? {} : { rules: all.rules }),
    },
    guest,
    inner: format4(span.base + INNER),
    dhcp: isDhcp ? dhcp(all, span, guest, dns && !restricted ? [format4(nameserver)] : []) : null,
    leaseFile: leaseFile(choices),
    dhcp6: v6 === null ? null : dhcp6(all, dns && !restricted),
    ncsi: ncsi(all),
    ...tftp(all),
    dns: nameserverOf(choices),
    emulate: all.emulate === true,
    resolvConf: all.resolvConf ?? null,
    host: all.host,
    forwards: (all.hostForwards ?? []).map((forward) => toGuest(forward, guest)),
    guestForwards: (all.guestForwards ?? []).map(({ at, to }) => ({
      at: { ...at, address: at.address ?? format4(span.base + INNER) },
      to,
    })),
    cables,
    api: apiSettings(choices),
    level: all.level,
    dump: dumped(choices, colour),
    ...outbound(all),
  });
  return { ...chosen, recording: recording(choices, cables !== null) }; // last: it makes a file
}

function dumped({ dump: layers }: Choices, colour: boolean): NonNullable<Settings['dump']> | null {
  return layers === undefined ? null : { layers: [...new Set(layers)], colour };
}

function dhcp(
  {
    restricted = false,
    hostName,
    domainName,
    searchDomains = [],
    dhcpHosts = [],
    dhcpOptions = [],
    leaseTime = DEFAULTS.leaseTime,
    ...others
  }: Choices,
  span: Span,
  start: string,
  nameservers: readonly string[],
): Settings['dhcp'] {
  return {
    start,
    router: !restricted,
    nameservers,
    ...(hostName === undefined ? {} : { hostname: hostName }),
    ...(domainName === undefined ? {} : { domain: domainName }),
    search: searchList(searchDomains),
    leaseSeconds: leaseTime,
    hosts: dhcpHosts.map(({ who, address, name }) => ({
      ...who,
      address: format4(hostIn(span, '--dhcp-host', address)),
      ...(name === null ? {} : { name }),
    })),
    options: dhcpOptions,
    ...boot(others),
  };
}

function boot({ tftpPath, bootFiles, tftpServerName }: Choices): { readonly boot?: Dhcp4Boot } {
  if ([tftpPath, bootFiles, tftpServerName].every((given) => given === undefined)) return {};
  return {
    boot: { files: bootFiles ?? [], ...(tftpServerName === undefined ? {} : { serverName: tftpServerName }) },
  };
}

/** Refuses what only DHCP could tell, where there is none. */
function hasDhcp(choices: Choices): boolean {
  if (choices.disableDhcp !== true && choices.ipv4 !== false) return true;
  const { dhcpHosts, dhcpOptions, leaseTime, leaseFile: file, bootFiles, tftpServerName } = choices;
  const all = {
    '--dhcp-host': dhcpHosts,
    '--dhcp-option': dhcpOptions,
    '--dhcp-lease-time': leaseTime,
    '--lease-file': file,
    '--bootfile': bootFiles,
    '--tftp-server-name': tftpServerName,
  };
  for (const [option, given] of Object.entries(all)) {
    if (given !== undefined) throw new UsageError(option, 'is for DHCP, and there is none');
  }
  return false;
}

function outbound({ outbound4, outbound6 }: Choices): Pick<Settings, 'outbound'> {
  if (outbound4 === undefined && outbound6 === undefined) return {};
  return { outbound: { address4: outbound4 ?? null, address6: outbound6 ?? null } };
}

/** How many files there are when nothing is said about it. */
const FILES = 2;

function recording(choices: Choices, isOutputFree: boolean): RecordingSettings | null {
  const { pcap: path, pcapSize = null, pcapFiles } = choices;
  if (path === undefined && pcapSize !== null) throw new UsageError('--pcap-size', 'is for --pcap, and there is none');
  if (pcapFiles !== undefined && pcapSize === null) {
    throw new UsageError('--pcap-files', 'is for --pcap-size, and there is none');
  }
  if (path === undefined) return null;
  if (path === '-' && !isOutputFree)
    throw new UsageError('--pcap', "'-' is taken: standard output is not ours to write to");
  try {
    return openRecording(path, pcapSize, pcapFiles ?? FILES);
  } catch (error) {
    throw new UsageError('--pcap', (error as Error).message);
  }
}

function leaseFile({ leaseFile: path }: Choices): LeaseFileSettings | null {
  if (path === undefined) return null;
  try {
    return readLeaseFile(path);
  } catch (error) {
    throw new UsageError('--lease-file', (error as Error).message);
  }
}

function tftp({ tftpPath }: Choices): Pick<Settings, 'tftp'> {
  return tftpPath === undefined ? {} : { tftp: tftpPath };
}

function kind6({ dhcp6 = DEFAULTS.dhcp6, disableDhcp = false }: Choices): Dhcp6Kind {
  return disableDhcp ? 'off' : dhcp6;
}

/** So that guests ask for what there is, RFC 4861 4.2. */
function advertise(choices: Choices): NonNullable<Config['advertise']> {
  const { searchDomains: searchList = [] } = choices;
  const kind = kind6(choices);
  return { searchList, managed: kind === 'stateful', other: kind !== 'off' };
}

/** `hasDns`: the network's own nameserver is announced. */
function dhcp6(choices: Choices, hasDns: boolean): Settings['dhcp6'] {
  const { searchDomains: search = [] } = choices;
  const kind = kind6(choices);
  if (kind === 'off') return null;
  return { stateful: kind === 'stateful', search, ...(hasDns ? {} : { nameservers: [] }), ...bootFile6(choices) };
}

/** DHCPv6 says one place: that of everybody whom no other file is for. */
function bootFile6({ bootFiles = [], tftpPath }: Choices): { readonly bootFile?: string } {
  const file = bootFiles.findLast(({ when }) => when === undefined)?.file;
  return file === undefined || (tftpPath === undefined && !file.includes('://')) ? {} : { bootFile: file };
}

function ncsi({ manufacturer = DEFAULTS.manufacturer, managementMac: mac }: Choices): Settings['ncsi'] {
  return { manufacturer, ...(mac === undefined ? {} : { mac }) };
}

/** What is absent is the nameserver's own choice. */
function nameserverOf({
  disableDns,
  dnsServers: servers,
  dnsHosts,
  dnsZone,
  domainName,
  dnsCache,
}: Choices): Settings['dns'] {
  if (disableDns) {
    const all = { '--dns': servers, '--dns-host': dnsHosts, '--dns-zone': dnsZone, '--no-dns-cache': dnsCache };
    for (const [option, given] of Object.entries(all)) {
      if (given !== undefined) throw new UsageError(option, 'is for DNS, and there is none');
    }
    return null;
  }
  const dnsServers = servers ?? [];
  const plain = dnsServers.flatMap(({ domain, servers }) => (domain === null ? servers : []));
  const domains = dnsServers.flatMap(({ domain, servers }) => (domain === null ? [] : [{ domain, servers }]));
  return {
    ...(plain.length === 0 ? {} : { servers: plain }),
    ...(domains.length === 0 ? {} : { domains }),
    ...(dnsHosts === undefined ? {} : { hosts: dnsHosts }),
    ...(dnsZone === undefined ? {} : { zone: dnsZone.name }),
    ...(domainName === undefined ? {} : { domain: domainName }),
    ...(dnsCache === undefined ? {} : { cache: dnsCache }),
  };
}

/** The smallest MTU of IPv6, RFC 8200 5. */
const MIN_MTU6 = 1_280;

/** Null: no IPv6. It is there where it was asked for, or can be had without a word. */
function network6(choices: Choices, hasIpv6: boolean): Pick<Config, 'network6' | 'gateway6' | 'nameserver6'> | null {
  const { network6 = DEFAULTS.network6, gateway6, nameserver6, ipv6, mtu = DEFAULTS.mtu } = choices;
  const isMeant =
    [choices.network6, gateway6, nameserver6].some((given) => given !== undefined) || choices.ipv4 === false;
  if (ipv6 === false || !(ipv6 || isMeant || (hasIpv6 && mtu >= MIN_MTU6))) return null;
  return {
    network6,
    ...(gateway6 === undefined ? {} : { gateway6 }),
    ...(nameserver6 === undefined ? {} : { nameserver6 }),
  };
}

/** Which option a field of the configuration comes from, where no other check is. */
const OPTION_OF: Readonly<Record<string, string>> = {
  ipv4: '--no-ipv4',
  network6: '--vprefix6',
  gateway6: '--vhost6',
  nameserver6: '--vnameserver6',
  'advertise.searchList': '--vdnssearch',
  hosts: '--dhcp-host',
  options: '--dhcp-option',
  leaseSeconds: '--dhcp-lease-time',
  boot: '--bootfile',
};

const DNS_OPTION_OF: Readonly<Record<string, string>> = {
  servers: '--dns',
  domains: '--dns',
  hosts: '--dns-host',
  zone: '--dns-zone',
  domain: '--vdomainname',
};

/** Throws a UsageError where the network would throw a ConfigError. */
function checked(all: Settings): Settings {
  refusing(OPTION_OF, () => {
    const network = checkConfig(all.network, all.network.mtu);
    if (all.dhcp !== null) checkDhcp4(all.dhcp, network);
  });
  refusing(DNS_OPTION_OF, () => {
    if (all.dns !== null) checkDns(all.dns);
  });
  return all;
}

function refusing(options: Readonly<Record<string, string>>, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { field, message } = error;
    const [where = field] = field.split(/[[.]/);
    throw new UsageError(options[field] ?? options[where] ?? field, message.slice(field.length + 2));
  }
}

function toGuest({ protocol, host, guest: { address, port } }: HostForwardValue, guest: string): ForwardRequest {
  return { protocol, host, guest: { address: address ?? guest, port } };
}

function searchList(domains: readonly string[]): readonly string[] {
  const list = domains.join();
  if (list.length <= LONGEST_SEARCH_LIST) return domains;
  throw new UsageError(
    '--vdnssearch',
    `'${list}' is too long: a DHCP answer has room for ${LONGEST_SEARCH_LIST} bytes`,
  );
}

/** A network that was given must be one exactly; the usual one gives way to a shorter --vnetmask, as in the original. */
function spanOf(choices: Choices): Span {
  const { address, prefix: ownPrefix } = choices.network ?? DEFAULTS.network;
  const prefix = ownPrefix ?? choices.mask ?? DEFAULTS.mask;
  const network = address & mask4(prefix);
  const cidr = `${format4(network)}/${prefix}`;
  if (choices.mask !== undefined && choices.mask !== prefix) {
    throw new UsageError('--vnetmask', `'${format4(mask4(choices.mask))}' is not the mask of --vnetwork ${cidr}`);
  }
  const top = network >>> 24;
  if (top === 0 || top === 127 || top >= 224) {
    throw new UsageError(
      '--vnetwork',
      `'${cidr}' is not a network that hosts can be in: 1.0.0.0 to 223.255.255.255, not 127`,
    );
  }
  if (choices.network !== undefined && network !== address) {
    throw new UsageError('--vnetwork', `'${format4(address)}' is not a network of ${prefix} bits: ${cidr} is`);
  }
  const start = network >>> 0;
  return { base: address >>> 0, first: start + 1, last: start + 2 ** (32 - prefix) - 2, cidr };
}

function hostIn(span: Span, option: string, value: AddressValue): number {
  const ip = resolve(span, value);
  if (ip >= span.first && ip <= span.last) return ip;
  const given = 'offset' in value ? `+${value.offset}` : format4(value.ip);
  throw new UsageError(option, `'${given}' is not an address for a host of ${span.cidr}`);
}

/** In a network too small for the usual start: the first address that is free. */
function poolStart(span: Span, given: AddressValue | undefined, taken: readonly number[]): number {
  const start = given === undefined ? resolve(span, DEFAULTS.dhcpStart) : hostIn(span, '--vdhcp-start', given);
  const least = given === undefined && start > span.last ? span.first : start;
  for (let ip = least; ip <= span.last; ip++) if (!taken.includes(ip)) return ip;
  throw new UsageError('--vdhcp-start', `'${format4(least)}' leaves no address for guests in ${span.cidr}`);
}

function resolve(span: Span, value: AddressValue): number {
  return 'offset' in value ? span.base + value.offset : value.ip >>> 0;
}
