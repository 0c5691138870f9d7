// What the nameserver is to do, as text: it crosses threads as it is. Read and checked here.
import { ConfigError } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import * as Dns from '@reslirp/wire/dns';
import { integer } from '../integer.ts';
import { readName } from './name.ts';

/** Of domains, of hosts, of addresses or servers of one. */
export const MOST: number = 1_024;
const MOST_ADDRESSES = 64;
const ZONE = 'reslirp.internal';

export interface DnsConfig {
  /** Asked in place of the host's resolvers: '9.9.9.9', '192.0.2.1:5353', '[2001:db8::1]:53'. */
  readonly servers?: readonly string[];
  /** Who is asked for names of a domain, the longest that fits; no servers: nobody, there are no such names. */
  readonly domains?: readonly { readonly domain: string; readonly servers: readonly string[] }[];
  /** Names of our own. */
  readonly hosts?: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** The domain of this network's own names, reslirp.internal; null: it has none. */
  readonly zone?: string | null;
  /** What guests are told their domain is: their names are known below it too. */
  readonly domain?: string;
  /** Whether answers are kept: true. */
  readonly cache?: boolean;
  /** Questions under way at once, 1 to 16,384: 1,024. Beyond them the oldest is given up, and its guest told so. */
  readonly maxPending?: number;
  /** The same of one guest: 256. Beyond them it is told SERVFAIL at once. */
  readonly maxPendingOfGuest?: number;
}

export interface Domain {
  readonly domain: string;
  readonly servers: readonly Endpoint[];
}

export interface DnsSettings {
  /** Null: the host's. */
  readonly servers: readonly Endpoint[] | null;
  /** The longest first. */
  readonly domains: readonly Domain[];
  readonly hosts: ReadonlyMap<string, readonly Endpoint[]>;
  readonly zone: string | null;
  readonly domain: string | null;
  readonly cache: boolean;
  readonly maxPending: number;
  readonly maxPendingOfGuest: number;
}

/** Throws ConfigError. */
export function dnsSettings(config: DnsConfig): DnsSettings {
  const { servers = [], domains = [], hosts = [], zone = ZONE, domain, cache = true } = config;
  if (domains.length > MOST) throw new ConfigError('domains', `there are more than ${MOST}`);
  if (hosts.length > MOST) throw new ConfigError('hosts', `there are more than ${MOST}`);
  return {
    servers: servers.length === 0 ? null : all('servers', servers, Dns.PORT),
    domains: gathered(domains).sort((a, b) => b.domain.length - a.domain.length),
    hosts: hostsOf(hosts),
    zone: zone === null ? null : nameOf('zone', zone),
    domain: domain === undefined ? null : nameOf('domain', domain),
    cache,
    maxPending: integer('maxPending', config.maxPending, 1_024, 1, 16_384),
    maxPendingOfGuest: integer('maxPendingOfGuest', config.maxPendingOfGuest, 256, 1, 16_384),
  };
}

/** A domain that is given twice has the servers of both. */
function gathered(domains: NonNullable<DnsConfig['domains']>): Domain[] {
  const found = new Map<string, readonly Endpoint[]>();
  for (const { domain, servers } of domains) {
    const name = nameOf('domains', domain);
    found.set(name, [...(found.get(name) ?? []), ...all('domains', servers, Dns.PORT)]);
  }
  return [...found].map(([domain, servers]) => ({ domain, servers }));
}

/** One name of our own, given while it runs. Throws ConfigError. */
export function readHost(name: string, addresses: readonly string[]): { name: string; addresses: readonly Endpoint[] } {
  return { name: nameOf('name', name), addresses: all('addresses', addresses, 0) };
}

/** The same of a name. */
function hostsOf(hosts: NonNullable<DnsConfig['hosts']>): Map<string, readonly Endpoint[]> {
  const found = new Map<string, readonly Endpoint[]>();
  for (const { name: text, addresses } of hosts) {
    const name = nameOf('hosts', text);
    found.set(name, [...(found.get(name) ?? []), ...all('hosts', addresses, 0)]);
  }
  return found;
}

/** `port` 0: addresses, without a port. */
function all(field: string, texts: readonly string[], port: number): readonly Endpoint[] {
  if (texts.length > MOST_ADDRESSES) throw new ConfigError(field, `there are more than ${MOST_ADDRESSES} of one`);
  return texts.map((text) => {
    const e = port === 0 ? Endpoint.parse(text) : Endpoint.read(text, port);
    if (e === null)
      throw new ConfigError(field, `'${text}' is no address${port === 0 ? '' : ', with or without a port'}`);
    return e;
  });
}

function nameOf(field: string, text: string): string {
  const name = readName(text);
  if (name === null) throw new ConfigError(field, `'${text}' is no name`);
  return name;
}
