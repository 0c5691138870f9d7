// What `reslirp tunnel` takes of its own: the way to the other machine, and what goes there.
import { parse6, parseCidr4 } from '@reslirp/wire/address';
import type { Choices } from '../options.ts';
import { type Kind, NAMES, NETWORK, NETWORK6, number } from '../values.ts';
import { appendAll, flag, into, type Option } from './option.ts';

/** A network that is reached through the tunnel, in CIDR form; or everything, of both versions of IP. */
export interface RouteValue {
  readonly cidr: string;
  readonly version: 4 | 6;
}

/** Whose names are asked for there. */
export type TunnelDns = 'all' | 'off' | { readonly domains: readonly string[] };

export interface TunnelChoices {
  routes?: readonly RouteValue[];
  tunnelDns?: TunnelDns;
  ssh?: string;
  exec?: string;
  node?: string;
  tap?: string;
  reconnects?: boolean;
  /** Options as they were given, for the network there. */
  passedOn?: readonly string[];
}

export const EVERYTHING: readonly RouteValue[] = [
  { cidr: '0.0.0.0/0', version: 4 },
  { cidr: '::/0', version: 6 },
];

const ROUTES: Kind<readonly RouteValue[]> = {
  accepts: 'all, or networks such as 10.1.0.0/16, 192.0.2.7 or fd12:3456::/32',
  read(text) {
    if (text === 'all') return EVERYTHING;
    const routes = text.split(',').map(route);
    return routes.every((one) => one !== null) ? routes : null;
  },
};

function route(text: string): RouteValue | null {
  const [address = '', bits] = text.split('/');
  if (!address.includes(':')) {
    const cidr = bits === undefined ? `${address}/32` : text;
    return parseCidr4(cidr) === null ? null : { cidr, version: 4 };
  }
  const fits = /^\d{1,3}$/.test(bits ?? '128') && Number(bits ?? '128') <= 128 && text.split('/').length <= 2;
  return fits && parse6(address, new Uint8Array(16), 0) ? { cidr: `${address}/${bits ?? 128}`, version: 6 } : null;
}

const DNS: Kind<TunnelDns> = {
  accepts: 'all, off, or a list of domains such as corp.example,lab.example',
  read(text) {
    if (text === 'all' || text === 'off') return text;
    const domains = NAMES.read(text.replaceAll(/(^|,)\./g, '$1'));
    return domains === null ? null : { domains };
  },
};

const COMMAND: Kind<string> = {
  accepts: 'a command',
  read: (text) => (text.trim() === '' || text.includes('\0') ? null : text),
};

/** IFNAMSIZ of <linux/if.h>; a slash or a space is in no name, and % is the kernel's. */
const INTERFACE: Kind<string> = {
  accepts: 'the name of an interface: 1 to 15 characters, such as tap0',
  read: (text) => (/^[^\s/%:]{1,15}$/.test(text) && text !== '.' && text !== '..' ? text : null),
};

/** Domains add up; all and off are the last word. */
function takeDns(choices: Choices, text: string): boolean {
  const value = DNS.read(text);
  if (value === null) return false;
  const before = choices.tunnelDns;
  const joins = typeof value === 'object' && typeof before === 'object';
  choices.tunnelDns = joins ? { domains: [...before.domains, ...value.domains] } : value;
  return true;
}

export const TUNNEL_OWN: readonly Option[] = [
  {
    group: 'Tunnel',
    long: 'route',
    value: 'CIDR',
    help: 'a network that is reached through the tunnel, IPv4 or IPv6; or all',
    ...appendAll('routes', ROUTES),
  },
  {
    group: 'Tunnel',
    long: 'dns',
    value: 'NAMES',
    help: 'names asked for there: all, off or DOMAIN,…; all with --route all',
    accepts: DNS.accepts,
    take: takeDns,
  },
  {
    group: 'Tunnel',
    long: 'ssh',
    value: 'COMMAND',
    help: "ssh and its own options, as 'ssh -p 2222 -i key'",
    default: 'ssh',
    ...into('ssh', COMMAND),
  },
  {
    group: 'Tunnel',
    long: 'exec',
    value: 'COMMAND',
    help: 'instead of ssh, what leads to Node: node.exe, docker exec -i BOX node',
    ...into('exec', COMMAND),
  },
  {
    group: 'Tunnel',
    long: 'node',
    value: 'PATH',
    help: 'how Node is called there; node, else looked for, unless given',
    ...into('node', COMMAND),
  },
  {
    group: 'Tunnel',
    long: 'no-reconnect',
    help: 'end when ssh ends; else it is started again, and the routes stay',
    ...flag('reconnects', false),
  },
  {
    group: 'Tunnel',
    long: 'tap',
    value: 'NAME',
    help: 'name of the interface here; the next free reslirpN unless given',
    ...into('tap', INTERFACE),
  },
  {
    group: 'Tunnel',
    long: 'network',
    value: 'ADDR[/BITS]',
    help: 'between the machines: none that either of them has already',
    default: '10.0.2.0',
    ...into('network', NETWORK),
  },
  {
    group: 'Tunnel',
    long: 'network6',
    value: 'PREFIX',
    help: 'the same of IPv6',
    default: 'fd00::/64',
    ...into('network6', NETWORK6),
  },
  { group: 'Tunnel', long: 'no-ipv6', help: 'no IPv6', ...flag('ipv6', false) },
  {
    group: 'Tunnel',
    long: 'mtu',
    value: 'BYTES',
    help: 'largest packet',
    default: '1500',
    ...into('mtu', number(68, 65_521)),
  },
];

/** The same option, which remembers how it was given. */
export function passedOn(option: Option): Option {
  return {
    ...option,
    take(choices, text) {
      if (!option.take(choices, text)) return false;
      const given = option.value === undefined ? `--${option.long}` : `--${option.long}=${text}`;
      choices.passedOn = [...(choices.passedOn ?? []), given];
      return true;
    },
  };
}
