// What the server is told, and what it makes of it before the first packet.
import { ConfigError } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import { put16 } from '@reslirp/wire/bytes';
import { ascii, labels } from '../dhcp4/domain-name.ts';
import { integer } from '../integer.ts';

/** Every field has the default named beside it. */
export interface Dhcp6Config {
  /** Addresses are given too, and not only the rest: false. */
  readonly stateful?: boolean;
  /** Of an address, seconds, 60 to 4294967295, which is for ever: 86,400. */
  readonly leaseSeconds?: number;
  /** Addresses given at once: 4,096. */
  readonly maxLeases?: number;
  /** At most 16: the network's nameserver. [] for none: DNS is off, or the network is restricted. */
  readonly nameservers?: readonly string[];
  /** Domain search list: none. */
  readonly search?: readonly string[];
  /** Addresses of time servers, at most 16: none. */
  readonly ntp?: readonly string[];
  /** Where a machine without a system finds one (RFC 5970): a URL, or a file of the gateway's TFTP server. Nowhere. */
  readonly bootFile?: string;
  /** Parameters for it: none. */
  readonly bootFileParameters?: readonly string[];
  /** After how long a guest without a lease asks again (RFC 8415 21.23), seconds, 600 or more: 86,400. */
  readonly refreshSeconds?: number;
}

/** A Dhcp6Config that has been checked. Empty bytes: the option is not sent. */
export interface Settings {
  readonly stateful: boolean;
  readonly leaseSeconds: number;
  readonly maxLeases: number;
  /** Null: the network's. */
  readonly nameservers: Uint8Array | null;
  readonly search: Uint8Array;
  readonly ntp: Uint8Array;
  readonly bootFile: string;
  readonly bootFileParameters: Uint8Array;
  readonly refreshSeconds: number;
}

/** RFC 8415 7.7 */
export const FOR_EVER = 0xffff_ffff;
const ADDRESS = 16;
const MOST_ADDRESSES = 16;
/** Of the texts, bytes each: a message has to fit 1,232. */
const LONGEST = 300;

/** Throws ConfigError. */
export function settings(config: Dhcp6Config): Settings {
  const { nameservers, search = [], ntp = [], bootFile = '', bootFileParameters = [] } = config;
  return {
    stateful: config.stateful ?? false,
    leaseSeconds: integer('leaseSeconds', config.leaseSeconds, 86_400, 60, FOR_EVER),
    maxLeases: integer('maxLeases', config.maxLeases, 4_096, 1, 1 << 16),
    nameservers: nameservers === undefined ? null : addresses('nameservers', nameservers),
    search: short('search', encoded(search)),
    ntp: addresses('ntp', ntp),
    bootFile: checkedFile(bootFile),
    bootFileParameters: short('bootFileParameters', parameters(bootFileParameters)),
    refreshSeconds: integer('refreshSeconds', config.refreshSeconds, 86_400, 600, FOR_EVER),
  };
}

function addresses(field: string, list: readonly string[]): Uint8Array {
  if (list.length > MOST_ADDRESSES) throw new ConfigError(field, `more than ${MOST_ADDRESSES}`);
  const b = new Uint8Array(list.length * ADDRESS);
  for (const [i, value] of list.entries()) {
    const address = Endpoint.parse(value);
    if (address === null || address.is4) throw new ConfigError(`${field}[${i}]`, `'${value}' is not an IPv6 address`);
    address.put6(b, i * ADDRESS);
  }
  return b;
}

/** RFC 8415 10: as in RFC 1035 3.1, never compressed. */
function encoded(names: readonly string[]): Uint8Array {
  const bytes = names.flatMap((name, i) =>
    [...labels(`search[${i}]`, name), ''].flatMap((label) => [label.length, ...ascii(label)]),
  );
  return Uint8Array.from(bytes);
}

/** RFC 5970 3.2: each after its length. */
function parameters(list: readonly string[]): Uint8Array {
  const bytes = list.flatMap((parameter, i) => {
    const value = text(`bootFileParameters[${i}]`, parameter);
    const size = new Uint8Array(2);
    put16(size, 0, value.length);
    return [...size, ...value];
  });
  return Uint8Array.from(bytes);
}

function checkedFile(file: string): string {
  short('bootFile', text('bootFile', file));
  return file;
}

function text(field: string, value: string): Uint8Array {
  if (/^[\x20-\x7e]*$/.test(value)) return ascii(value);
  throw new ConfigError(field, `'${value}' has characters that are not of ASCII`);
}

function short(field: string, value: Uint8Array): Uint8Array {
  if (value.length <= LONGEST) return value;
  throw new ConfigError(field, `takes ${value.length} bytes, and an answer has room for ${LONGEST}`);
}
