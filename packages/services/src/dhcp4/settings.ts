// What the server is told, and what it makes of it before the first packet.

import { ConfigError } from '@reslirp/stack';
import { parse4 } from '@reslirp/wire/address';
import { integer } from '../integer.ts';
import { type BootSettings, bootSettings, type Dhcp4Boot } from './boot.ts';
import { ascii, labels } from './domain-name.ts';
import { type OptionValue, parseOption } from './option-value.ts';
import { type Dhcp4Host, type Reservation, reservation } from './reservations.ts';
import { encodeSearchList } from './search-list.ts';

/** Every field has the default named beside it. Addresses are text ('10.0.2.15') or int32, as in Network. */
export interface Dhcp4Config {
  /** First address to give; the pool goes on to the end of the network: its address + 15, or + 1 where that lies outside. */
  readonly start?: string | number;
  /** Seconds, 10 to 4294967295, which is for ever: 86,400. A client that asks for less gets less. */
  readonly leaseSeconds?: number;
  /** Announce the gateway as router (option 3): true. Off in a restricted network. */
  readonly router?: boolean;
  /** Option 6, at most 63: the network's nameserver. [] for none: DNS is off, or the network is restricted. */
  readonly nameservers?: readonly (string | number)[];
  /** Name for the guest, option 12: none. */
  readonly hostname?: string;
  /** Domain of the guest, option 15: none. */
  readonly domain?: string;
  /** Domain search list, option 119: none. */
  readonly search?: readonly string[];
  /** Clients remembered at once, however large the pool: 4,096. */
  readonly maxLeases?: number;
  /** Clients with an address of their own: none. */
  readonly hosts?: readonly Dhcp4Host[];
  /**
   * More options, instead of what the server would say by itself: '42=10.0.2.2', 'ntp-server=10.0.2.2', '252=0x0a0b'; '3=' for
   * one that is not sent. The last of a number counts.
   */
  readonly options?: readonly string[];
  /** What machines boot from the network: nothing is said of it. Options 66 and 67 of `options` go before it. */
  readonly boot?: Dhcp4Boot;
}

/** A Dhcp4Config that has been checked. Empty bytes: the option is not sent. */
export interface Settings {
  /** Null: by the network. */
  readonly start: number | null;
  readonly leaseSeconds: number;
  readonly router: boolean;
  /** Null: the network's. */
  readonly nameservers: readonly number[] | null;
  readonly hostname: Uint8Array;
  readonly domain: Uint8Array;
  readonly search: Uint8Array;
  readonly maxLeases: number;
  readonly hosts: readonly Reservation[];
  /** Null: not sent. */
  readonly options: ReadonlyMap<number, Uint8Array | null>;
  /** Null: nothing is said of it. */
  readonly boot: BootSettings | null;
}

/** RFC 2131 3.3 */
export const FOR_EVER = 0xffffffff;
/** Of option 119, bytes: the rest of a message of 1,500 is for the others. */
const LONGEST_SEARCH = 1_100;
/** What a client gets at least, unless less is configured: shorter ones would keep it busy with renewing. */
export const SHORTEST = 60;
/** What can be configured. */
const SHORTEST_CONFIGURED = 10;

/** Throws ConfigError. */
export function settings(config: Dhcp4Config): Settings {
  if ((config.nameservers?.length ?? 0) > 63) throw new ConfigError('nameservers', 'more than 63');
  return {
    start: config.start === undefined ? null : address('start', config.start),
    leaseSeconds: integer('leaseSeconds', config.leaseSeconds, 86_400, SHORTEST_CONFIGURED, FOR_EVER),
    router: config.router ?? true,
    nameservers: config.nameservers?.map((a, i) => address(`nameservers[${i}]`, a)) ?? null,
    hostname: name('hostname', config.hostname),
    domain: name('domain', config.domain),
    search: searchList('search', config.search ?? []),
    maxLeases: integer('maxLeases', config.maxLeases, 4096, 1, 1 << 20),
    hosts: (config.hosts ?? []).map((host, i) => reservation(`hosts[${i}]`, host)),
    options: new Map((config.options ?? []).map((text, i) => pair(parseOption(`options[${i}]`, text)))),
    boot: config.boot === undefined ? null : bootSettings('boot', config.boot),
  };
}

function pair({ code, value }: OptionValue): [number, Uint8Array | null] {
  return [code, value];
}

function address(field: string, value: string | number): number {
  const ip = typeof value === 'string' ? parse4(value) : isAddress(value) ? value | 0 : null;
  if (ip === null) throw new ConfigError(field, `'${value}' is not an IPv4 address`);
  return ip;
}

/** As a signed or an unsigned number of 32 bits. */
function isAddress(n: number): boolean {
  return Number.isInteger(n) && n >= -0x8000_0000 && n <= 0xffff_ffff;
}

function searchList(field: string, names: readonly string[]): Uint8Array {
  const list = encodeSearchList(field, names);
  if (list.length <= LONGEST_SEARCH) return list;
  throw new ConfigError(field, `takes ${list.length} bytes, and an answer has room for ${LONGEST_SEARCH}`);
}

function name(field: string, value: string | undefined): Uint8Array {
  return value === undefined ? new Uint8Array(0) : ascii(labels(field, value).join('.'));
}
