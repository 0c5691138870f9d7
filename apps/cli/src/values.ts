// The kinds of values that options take: how each is read, and what to say when it cannot be.
import { accessSync, constants, statSync } from 'node:fs';
import { checkConfig, type Rule } from '@reslirp/stack';
import { Endpoint } from '@reslirp/stack/endpoint';
import { type Place, parsePlace } from '@reslirp/transport-stream/place';
import { parse4, parseCidr4, parseMac } from '@reslirp/wire/address';
import { isGroup } from '@reslirp/wire/ether';

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

/** In CIDR form. What else it has to be, the network says. */
export const NETWORK6: Kind<string> = {
  accepts: 'an IPv6 network such as fd00::/64',
  read(text) {
    const [address = '', bits, ...more] = text.split('/');
    const isNetwork = more.length === 0 && /^\d{1,3}$/.test(bits ?? '64') && ADDRESS6.read(address) !== null;
    return isNetwork ? `${address}/${bits ?? '64'}` : null;
  },
};

export const ADDRESS6: Kind<string> = {
  accepts: 'an IPv6 address such as fd00::2',
  read: (text) => (Endpoint.parse(text)?.is4 === false ? text : null),
};

/** tcp:192.0.2.0/24:80-90, [fd00::/8]:22, private, any:25. */
export const RULE: Kind<Omit<Rule, 'action'>> = {
  accepts: "a rule such as 'private', 'tcp:any:25', '192.0.2.0/24:80-90' or 'udp:[fd00::/8]:53'",
  read(text) {
    const parts =
      /^(?:(tcp|udp|icmp):)?(?:\[([^\]]+)\]|([^:[\]]+)|([0-9a-f:]+(?:\/\d+)?))(?::(\d+)(?:-(\d+))?)?$/i.exec(text);
    if (parts === null) return null;
    const [, protocol, bracketed, plain, bare, first, last = first] = parts;
    const to = bracketed ?? plain ?? bare!;
    const ports = first === undefined ? {} : { ports: [Number(first), Number(last)] as const };
    const value = { to, ...ports, ...(protocol === undefined ? {} : { protocol: protocol as 'tcp' | 'udp' | 'icmp' }) };
    return isRule({ ...value, action: 'deny' }) ? value : null;
  },
};

function isRule(rule: Rule): boolean {
  try {
    checkConfig({ network: '10.0.2.0/24', rules: [rule] }, 1_500);
    return true;
  } catch {
    return false;
  }
}

/** A forward to the guest: `guest.address` null is the first guest. One for each port of a range. */
export interface HostForwardValue {
  readonly protocol: 'tcp' | 'udp';
  readonly host: { readonly address: string; readonly port: number } | { readonly path: string };
  readonly guest: { readonly address: string | null; readonly port: number };
}

const ADDR = String.raw`(?:\[([0-9a-fA-F:.]+)\]|([\d.]*))`;
const PORTS = String.raw`(\d{1,5})(?:-(\d{1,5}))?`;
const HOSTFWD_PORTS = new RegExp(`^(tcp|udp)?:${ADDR}:${PORTS}-${ADDR}:${PORTS}$`);
const HOSTFWD_UNIX = new RegExp(`^unix:(.+)-${ADDR}:(\\d{1,5})$`);
const GUESTFWD_TEXT = new RegExp(
  `^(?:tcp)?:${ADDR}:(\\d{1,5})-(?:(cmd|unix):(.+)|tcp:(?:\\[([0-9a-fA-F:.]+)\\]|([\\d.]+)):(\\d{1,5}))$`,
  's',
);
const MOST_PORT = 65_535;
/** Ports of one range. */
const MOST_PORTS = 1_024;

/** As QEMU writes it: tcp:127.0.0.1:2222-10.0.2.15:22, udp::5353-:53, tcp::8000-8010-:9000-9010, unix:/run/ssh-:22. */
export const HOSTFWD: Kind<readonly HostForwardValue[]> = {
  accepts:
    'a forward such as tcp:127.0.0.1:2222-:22, tcp::8000-8010-:8000-8010, udp:[::1]:53-[fd00::15]:53 or unix:/tmp/ssh-:22',
  read(text) {
    const unix = HOSTFWD_UNIX.exec(text);
    if (unix !== null) {
      const [, path = '', six, four, port] = unix;
      const guest = placeOf(six, four, Number(port), null);
      return guest === null || guest.port === 0 ? null : [{ protocol: 'tcp', host: { path }, guest }];
    }
    const parts = HOSTFWD_PORTS.exec(text);
    if (parts === null) return null;
    const [, protocol, six, four, first, last = first, six2, four2, to, toLast = to] = parts;
    const host = placeOf(six, four, Number(first), '0.0.0.0');
    const guest = placeOf(six2, four2, Number(to), null);
    const count = Number(last) - Number(first) + 1;
    const isRange = count >= 1 && count <= MOST_PORTS && Number(toLast) - Number(to) + 1 === count;
    if (host === null || guest === null || guest.port === 0 || !isRange) return null;
    if (Number(last) > MOST_PORT || Number(toLast) > MOST_PORT || (host.port === 0 && count > 1)) return null;
    return Array.from({ length: count }, (_, i) => ({
      protocol: protocol === 'udp' ? 'udp' : 'tcp',
      host: { address: host.address!, port: host.port + i },
      guest: { address: guest.address, port: guest.port + i },
    }));
  },
};

/** Something inside the network: `at.address` null is the network's address + 4, as in QEMU. */
export interface GuestForwardValue {
  readonly at: { readonly address: string | null; readonly port: number };
  readonly to:
    | { readonly address: string; readonly port: number }
    | { readonly path: string }
    | { readonly command: string };
}

/** As QEMU writes it: tcp:10.0.2.4:80-cmd:nc 127.0.0.1 8080, …-unix:/run/x, …-tcp:192.0.2.1:80. */
export const GUESTFWD: Kind<GuestForwardValue> = {
  accepts: 'a forward such as tcp:10.0.2.4:80-tcp:127.0.0.1:8080, tcp::25-unix:/run/mail or tcp::7-cmd:cat',
  read(text) {
    const parts = GUESTFWD_TEXT.exec(text);
    if (parts === null) return null;
    const [, six, four, port, kind, rest = '', six2, four2, toPort] = parts;
    const at = placeOf(six, four, Number(port), null);
    if (at === null || at.port === 0) return null;
    if (kind === 'cmd') return { at, to: { command: rest } };
    if (kind === 'unix') return { at, to: { path: rest } };
    const to = placeOf(six2, four2, Number(toPort), null);
    return to === null || to.address === null || to.port === 0
      ? null
      : { at, to: { address: to.address, port: to.port } };
  },
};

/** `otherwise`: what an address that is left out stands for. */
function placeOf<T extends string | null>(
  six: string | undefined,
  four: string | undefined,
  port: number,
  otherwise: T,
): { address: string | T; port: number } | null {
  const given = six ?? (four === '' ? undefined : four);
  if (port > MOST_PORT || (given !== undefined && Endpoint.parse(given)?.is4 !== (six === undefined))) return null;
  return { address: given ?? otherwise, port };
}

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

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };

/** A size of files. */
export const BYTES: Kind<number> = {
  accepts: 'a size of 64K or more, such as 100000, 512K, 10M or 1G',
  read(text) {
    const [, digits, unit = ''] = /^(\d{1,9})([KMG]?)$/i.exec(text) ?? [];
    const n = digits === undefined ? 0 : Number(digits) * UNITS[unit.toUpperCase()]!;
    return n >= 1 << 16 ? n : null;
  },
};

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

/** Of a file that may not be there yet. */
export const PATH: Kind<string> = {
  accepts: 'the name of a file',
  read: (text) => (text === '' || text.includes('\0') ? null : text),
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

/** What DHCPv6 gives: nothing, all but addresses, or those as well. */
export type Dhcp6Kind = 'off' | 'stateless' | 'stateful';

export const DHCP6: Kind<Dhcp6Kind> = {
  accepts: 'one of off, stateless, stateful',
  read: (text) => (text === 'off' || text === 'stateless' || text === 'stateful' ? text : null),
};

/** 32 bits, decimal or hexadecimal. */
export const NUMBER32: Kind<number> = {
  accepts: 'a number from 0 to 4294967295, or 0x0 to 0xffffffff',
  read: (text) => (/^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) && Number(text) <= 0xffff_ffff ? Number(text) : null),
};

/** Of one card. */
export const MAC: Kind<string> = {
  accepts: 'the MAC address of one card, such as 52:54:00:12:34:56',
  read(text) {
    const mac = new Uint8Array(6);
    return parseMac(text, mac, 0) && !isGroup(mac, 0) ? text : null;
  },
};
