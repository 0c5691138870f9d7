// The kinds of values that options take: how each is read, and what to say when it cannot be.
import { accessSync, constants, statSync } from 'node:fs';
import { type Place, parsePlace } from '@reslirp/transport-stream/place';
import { parse4, parseCidr4 } from '@reslirp/wire/address';

export interface Kind<T> {
  /** Ends the sentence "'x' is not …". */
  readonly accepts: string;
  /** Null when `text` is not of this kind. */
  read(text: string): T | null;
}

/** `prefix` null: the mask comes from elsewhere. IPv4 addresses are int32. */
export interface NetworkValue {
  readonly address: number;
  readonly prefix: number | null;
}

/** An address by itself, or counted from the network's. */
export type AddressValue = { readonly ip: number } | { readonly offset: number };

/** Prefixes between them leave room for the gateway, the nameserver and a guest. */
const SHORTEST = 8;
const LONGEST = 29;

export const NETWORK: Kind<NetworkValue> = {
  accepts: `an IPv4 network such as 10.0.2.0 or 10.0.2.0/24, of ${SHORTEST} to ${LONGEST} bits`,
  read(text) {
    if (text.includes('/')) {
      const cidr = parseCidr4(text);
      return cidr !== null && fits(cidr.prefix) ? cidr : null;
    }
    const address = parse4(text);
    return address === null ? null : { address, prefix: null };
  },
};

/** As its number of bits. */
export const MASK: Kind<number> = {
  accepts: `a netmask such as 255.255.255.0, of ${SHORTEST} to ${LONGEST} bits`,
  read(text) {
    const mask = parse4(text);
    if (mask === null) return null;
    const prefix = Math.clz32(~mask);
    return fits(prefix) && mask === -1 << (32 - prefix) ? prefix : null;
  },
};

export const ADDRESS: Kind<AddressValue> = {
  accepts: 'an IPv4 address such as 10.0.2.2, or +2 to count from the network',
  read(text) {
    if (/^\+[1-9]\d{0,8}$/.test(text)) return { offset: Number(text) };
    const ip = parse4(text);
    return ip === null ? null : { ip };
  },
};

/** Decimal, from `least` to `most`. */
export function number(least: number, most: number): Kind<number> {
  return {
    accepts: `a number from ${least} to ${most}`,
    read(text) {
      const n = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      return n >= least && n <= most ? n : null;
    },
  };
}

/** RFC 1123 2.1, and the underscore that many networks have in their names. */
export const NAME: Kind<string> = {
  accepts: 'a name such as vm or vm.example.org: letters, digits, hyphens and underscores between dots',
  read: (text) => (isName(text) ? text : null),
};

export const NAMES: Kind<readonly string[]> = {
  accepts: 'a list of domains such as example.org,example.net',
  read(text) {
    const names = text.split(',');
    return names.every(isName) ? names : null;
  },
};

export const FILE: Kind<string> = {
  accepts: 'a file that can be read',
  read: (text) => (isReadable(text) ? text : null),
};

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return !statSync(file).isDirectory();
  } catch {
    return false;
  }
}

/** RFC 1035 2.3.4: labels of at most 63, 255 octets in all with their lengths. A last dot, for the root, may be there. */
function isName(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
}

function fits(prefix: number): boolean {
  return prefix >= SHORTEST && prefix <= LONGEST;
}

/** Whose sockets speak for the guest. */
export type HostKind = 'auto' | 'linux' | 'node';

export const HOST: Kind<HostKind> = {
  accepts: 'one of auto, linux, node',
  read(text) {
    return text === 'auto' || text === 'linux' || text === 'node' ? text : null;
  },
};

export const PLACE: Kind<Place> = {
  accepts: 'a place such as 9000, 127.0.0.1:9000, [::1]:9000 or unix:/run/user/1000/cable',
  read: parsePlace,
};
