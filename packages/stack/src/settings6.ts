// The IPv6 half of the settings.
import { type Advertise, type Config, ConfigError } from './config.ts';
import { Endpoint } from './endpoint.ts';
import { type Network6, within } from './network.ts';
import { type Prefix, parsePrefix } from './prefix.ts';

/** With fewer bits than 8 it would be most of the world; with more than 120 there is no room for guests. */
const PREFIX = { least: 8, most: 120 } as const;
const GATEWAY = 2;
const NAMESERVER = 3;
/** RFC 8200 5: what every link has to carry. */
const MIN_MTU = 1_280;
/** The first word of fe80::. */
const LINK_LOCAL = 0xfe80_0000 | 0;
/** RFC 8106 5.2: an option has room for 254 units of 8 bytes. */
const MOST_SEARCH_BYTES = 1_024;

/** What router advertisements say beside the prefix. */
export interface Advertised {
  /** Encoded as in RFC 1035 3.1, one behind the other. */
  readonly searchList: Uint8Array;
  readonly nameserver: boolean;
  readonly managed: boolean;
  readonly other: boolean;
}

/** Null when the network has no IPv6. Throws ConfigError. */
export function network6({ network6: text, gateway6, nameserver6 }: Config, mtu: number): Network6 | null {
  if (text === undefined) {
    if (gateway6 !== undefined || nameserver6 !== undefined) {
      throw new ConfigError(gateway6 === undefined ? 'nameserver6' : 'gateway6', 'there is no network6 that it is in');
    }
    return null;
  }
  if (mtu < MIN_MTU) throw new ConfigError('network6', `IPv6 needs an MTU of ${MIN_MTU}, and the network's is ${mtu}`);
  const { address: prefix, bits } = prefixOf(text);
  const gateway = ownAddress('gateway6', gateway6, offset(prefix, GATEWAY), prefix, bits);
  const nameserver = ownAddress('nameserver6', nameserver6, offset(prefix, NAMESERVER), prefix, bits);
  if (nameserver.sameAddress(gateway) || onLink(nameserver).sameAddress(onLink(gateway))) {
    throw new ConfigError('nameserver6', `'${nameserver.address()}' is the gateway, or has its last 64 bits`);
  }
  return {
    prefix,
    bits,
    gateway,
    nameserver,
    linkGateway: onLink(gateway),
    linkNameserver: onLink(nameserver),
  };
}

/** Throws ConfigError. */
export function advertised({
  searchList = [],
  nameserver = true,
  managed = false,
  other = false,
}: Advertise): Advertised {
  const bytes = searchList.flatMap((name) => encoded(name));
  if (bytes.length > MOST_SEARCH_BYTES) {
    throw new ConfigError('advertise.searchList', `${bytes.length} bytes are more than ${MOST_SEARCH_BYTES}`);
  }
  return { searchList: Uint8Array.from(bytes), nameserver, managed, other };
}

/** RFC 1035 3.1: labels of 1 to 63 bytes, 255 in all. */
function encoded(name: string): number[] {
  const labels = name.replace(/\.$/, '').split('.');
  const bytes = labels.flatMap((label) => [label.length, ...Array.from(label, (c) => c.charCodeAt(0))]);
  if (bytes.length <= 254 && labels.every((label) => /^[\x21-\x7e]{1,63}$/.test(label))) return [...bytes, 0];
  throw new ConfigError('advertise.searchList', `'${name}' is no domain name`);
}

function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(String(text));
  const { least, most } = PREFIX;
  const isUnicast = prefix !== null && !prefix.address.is4 && isPlace(prefix.address);
  if (prefix !== null && isUnicast && prefix.bits >= least && prefix.bits <= most) return prefix;
  const accepted = `an IPv6 network such as 'fd00::/64', of ${least} to ${most} bits and with nothing behind them`;
  throw new ConfigError('network6', `'${text}' is not ${accepted}`);
}

/** Hosts can be there: no group, not the link's own, and neither :: nor ::1 nor an IPv4 address in disguise. */
function isPlace({ w0, w1, w2 }: Endpoint): boolean {
  if (w0 >>> 24 === 0xff || (w0 & (0xffc0_0000 | 0)) === LINK_LOCAL) return false;
  return w0 !== 0 || w1 !== 0 || w2 >>> 16 !== 0;
}

function ownAddress(
  field: 'gateway6' | 'nameserver6',
  text: string | undefined,
  otherwise: Endpoint,
  prefix: Endpoint,
  bits: number,
): Endpoint {
  const e = text === undefined ? otherwise : Endpoint.parse(String(text));
  if (e !== null && within(prefix, bits, e) && !e.sameAddress(prefix)) return e;
  throw new ConfigError(field, `'${text}' is not an address of the network ${prefix.address()}/${bits}`);
}

function offset(prefix: Endpoint, by: number): Endpoint {
  const e = prefix.copy();
  e.w3 += by;
  return e;
}

function onLink({ w2, w3 }: Endpoint): Endpoint {
  const e = new Endpoint();
  e.w0 = LINK_LOCAL;
  e.w1 = 0;
  e.w2 = w2;
  e.w3 = w3;
  return e;
}
