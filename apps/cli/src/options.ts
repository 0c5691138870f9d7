// Every option of reslirp, once: parsing, defaults, --help and the README's table all come from here.
import { Level } from '@reslirp/runtime';
import type { Rule } from '@reslirp/stack';
import { CABLE_OPTIONS, type CableChoices } from './cable-options.ts';
import {
  ADDRESS,
  ADDRESS6,
  type AddressValue,
  FILE,
  GUESTFWD,
  type GuestForwardValue,
  HOST,
  HOSTFWD,
  type HostForwardValue,
  type HostKind,
  type Kind,
  MASK,
  NAME,
  NAMES,
  NETWORK,
  NETWORK6,
  type NetworkValue,
  number,
  RULE,
} from './values.ts';

const LEVEL = number(Level.ERROR, Level.TRACE);

/** What was asked for. A field is absent when its option was not given. */
export interface Choices extends CableChoices {
  network?: NetworkValue;
  mask?: number;
  gateway?: AddressValue;
  nameserver?: AddressValue;
  /** Asked for, or refused. */
  ipv4?: boolean;
  ipv6?: boolean;
  network6?: string;
  gateway6?: string;
  nameserver6?: string;
  mtu?: number;
  mru?: number;
  rules?: readonly Rule[];
  hostForwards?: readonly HostForwardValue[];
  guestForwards?: readonly GuestForwardValue[];
  dhcpStart?: AddressValue;
  hostName?: string;
  domainName?: string;
  searchDomains?: readonly string[];
  resolvConf?: string;
  disableDhcp?: boolean;
  disableDns?: boolean;
  disableHostLoopback?: boolean;
  restricted?: boolean;
  host?: HostKind;
  level?: Level;
  instead?: 'help' | 'version';
}

export interface Option {
  readonly group: 'Network' | 'DHCP and DNS' | 'Forwards' | 'Policy' | 'Cables' | 'Messages';
  readonly short?: string;
  /** With hyphens; underscores are understood as well. */
  readonly long: string;
  /** Stands for its value in the help. Absent: a flag. */
  readonly value?: string;
  /** The value, a number, may be left out: take() is given ''. */
  readonly optional?: boolean;
  /** Ends the sentence "'x' is not …". */
  readonly accepts?: string;
  readonly help: string;
  /** As one would type it. */
  readonly default?: string;
  /** Puts what was given into `choices`; false when `text` is not what the option accepts. */
  take(choices: Choices, text: string): boolean;
}

export const OPTIONS: readonly Option[] = [
  {
    group: 'Network',
    short: 'n',
    long: 'vnetwork',
    value: 'ADDR[/BITS]',
    help: 'the virtual network; everything below moves with it',
    default: '10.0.2.0',
    ...into('network', NETWORK),
  },
  {
    group: 'Network',
    short: 'm',
    long: 'vnetmask',
    value: 'MASK',
    help: 'its netmask, where --vnetwork has no /BITS',
    default: '255.255.255.0',
    ...into('mask', MASK),
  },
  {
    group: 'Network',
    short: 'h',
    long: 'vhost',
    value: 'ADDR',
    help: "the gateway: the guest's name for this host",
    default: '+2',
    ...into('gateway', ADDRESS),
  },
  {
    group: 'Network',
    short: 's',
    long: 'vnameserver',
    value: 'ADDR',
    help: "where guests ask for names; this host's resolvers answer",
    default: '+3',
    ...into('nameserver', ADDRESS),
  },
  {
    group: 'Network',
    short: 't',
    long: 'if-mtu',
    value: 'BYTES',
    help: 'largest packet toward the guest',
    default: '1500',
    ...into('mtu', number(68, 65_521)),
  },
  {
    group: 'Network',
    short: 'r',
    long: 'if-mru',
    value: 'BYTES',
    help: 'largest packet from the guest; --if-mtu unless given',
    ...into('mru', number(68, 65_521)),
  },
  {
    group: 'Network',
    long: 'ipv6',
    help: 'IPv6 even where this host has none; it is there where it has',
    ...flag('ipv6'),
  },
  { group: 'Network', long: 'no-ipv6', help: 'no IPv6', ...flag('ipv6', false) },
  { group: 'Network', long: 'no-ipv4', help: 'no IPv4', ...flag('ipv4', false) },
  {
    group: 'Network',
    long: 'vprefix6',
    value: 'PREFIX',
    help: 'the virtual network of IPv6',
    default: 'fd00::/64',
    ...into('network6', NETWORK6),
  },
  {
    group: 'Network',
    long: 'vhost6',
    value: 'ADDR6',
    help: 'the gateway of IPv6; the prefix + 2 unless given',
    ...into('gateway6', ADDRESS6),
  },
  {
    group: 'Network',
    long: 'vnameserver6',
    value: 'ADDR6',
    help: 'the nameserver of IPv6; the prefix + 3 unless given',
    ...into('nameserver6', ADDRESS6),
  },
  {
    group: 'DHCP and DNS',
    long: 'vdhcp-start',
    value: 'ADDR',
    help: 'the first address that guests get',
    default: '+20',
    ...into('dhcpStart', ADDRESS),
  },
  {
    group: 'DHCP and DNS',
    long: 'vhostname',
    value: 'NAME',
    help: 'the host name that guests get',
    default: 'reslirp',
    ...into('hostName', NAME),
  },
  {
    group: 'DHCP and DNS',
    long: 'vdomainname',
    value: 'NAME',
    help: 'the domain that guests get',
    ...into('domainName', NAME),
  },
  {
    group: 'DHCP and DNS',
    long: 'vdnssearch',
    value: 'NAMES',
    help: 'domains that guests search: a,b or one option each',
    accepts: NAMES.accepts,
    take(choices, text) {
      const names = NAMES.read(text);
      if (names === null) return false;
      choices.searchDomains = [...(choices.searchDomains ?? []), ...names];
      return true;
    },
  },
  {
    group: 'DHCP and DNS',
    long: 'resolv-conf',
    value: 'FILE',
    help: "ask the nameservers of this file, not the system's own",
    ...into('resolvConf', FILE),
  },
  {
    group: 'DHCP and DNS',
    long: 'disable-dhcp',
    help: 'no DHCP: guests have their addresses from elsewhere',
    ...flag('disableDhcp'),
  },
  {
    group: 'DHCP and DNS',
    long: 'disable-dns',
    help: 'no DNS: nothing answers at --vnameserver',
    ...flag('disableDns'),
  },
  {
    group: 'Forwards',
    long: 'hostfwd',
    value: 'FORWARD',
    help: 'to the guest: [tcp|udp]:[ADDR]:PORT-[ADDR]:PORT, unix:PATH-:PORT',
    accepts: HOSTFWD.accepts,
    take(choices, text) {
      const forwards = HOSTFWD.read(text);
      if (forwards === null) return false;
      choices.hostForwards = [...(choices.hostForwards ?? []), ...forwards];
      return true;
    },
  },
  {
    group: 'Forwards',
    long: 'guestfwd',
    value: 'FORWARD',
    help: 'from inside: tcp:[ADDR]:PORT-tcp:ADDR:PORT, -unix:PATH, -cmd:LINE',
    accepts: GUESTFWD.accepts,
    take(choices, text) {
      const forward = GUESTFWD.read(text);
      if (forward === null) return false;
      choices.guestForwards = [...(choices.guestForwards ?? []), forward];
      return true;
    },
  },
  {
    group: 'Policy',
    long: 'restricted',
    help: 'nothing of the guest leaves the virtual network',
    ...flag('restricted'),
  },
  {
    group: 'Policy',
    long: 'disable-host-loopback',
    help: "the gateway address does not reach this host's 127.0.0.1",
    ...flag('disableHostLoopback'),
  },
  {
    group: 'Policy',
    long: 'allow',
    value: 'RULE',
    help: 'guests may go to [tcp:|udp:|icmp:]NETWORK[:PORT[-PORT]]',
    ...rule('allow'),
  },
  {
    group: 'Policy',
    long: 'deny',
    value: 'RULE',
    help: 'they may not; or private, link-local, any; the first rule that fits',
    ...rule('deny'),
  },
  {
    group: 'Policy',
    long: 'host',
    value: 'KIND',
    help: 'whose sockets and loop: linux, node, or auto, the faster',
    default: 'auto',
    ...into('host', HOST),
  },
  ...CABLE_OPTIONS,
  {
    group: 'Messages',
    short: 'd',
    long: 'debug',
    value: 'LEVEL',
    optional: true,
    help: '0 errors, 1 warnings, 2 info, 3 flows, 4 all; alone: one more',
    accepts: LEVEL.accepts,
    default: '1',
    take(choices, text) {
      const level = text === '' ? Math.min(Level.TRACE, (choices.level ?? Level.WARN) + 1) : LEVEL.read(text);
      if (level === null) return false;
      choices.level = level as Level;
      return true;
    },
  },
  {
    group: 'Messages',
    short: 'q',
    long: 'quiet',
    help: 'no messages at all',
    take(choices) {
      choices.level = Level.NONE;
      return true;
    },
  },
  { group: 'Messages', short: '?', long: 'help', help: 'print this, and exit', ...instead('help') },
  { group: 'Messages', long: 'version', help: 'print the version, and exit', ...instead('version') },
];

/** Choices that the table has a default for. */
type Defaulted =
  | 'network'
  | 'mask'
  | 'gateway'
  | 'nameserver'
  | 'network6'
  | 'mtu'
  | 'dhcpStart'
  | 'hostName'
  | 'host'
  | 'level';

/** What the defaults of the table amount to. */
export const DEFAULTS: Required<Pick<Choices, Defaulted>> = OPTIONS.reduce((choices: Choices, option) => {
  if (option.default !== undefined) option.take(choices, option.default);
  return choices;
}, {}) as Required<Pick<Choices, Defaulted>>;

function into<K extends keyof Choices>(
  field: K,
  kind: Kind<NonNullable<Choices[K]>>,
): Pick<Option, 'accepts' | 'take'> {
  return {
    accepts: kind.accepts,
    take(choices, text) {
      const value = kind.read(text);
      if (value === null) return false;
      choices[field] = value;
      return true;
    },
  };
}

type Flag = 'disableDhcp' | 'disableDns' | 'disableHostLoopback' | 'restricted' | 'ipv4' | 'ipv6';

function flag(field: Flag, value: boolean = true): Pick<Option, 'take'> {
  return {
    take(choices) {
      choices[field] = value;
      return true;
    },
  };
}

function rule(action: Rule['action']): Pick<Option, 'accepts' | 'take'> {
  return {
    accepts: RULE.accepts,
    take(choices, text) {
      const value = RULE.read(text);
      if (value === null) return false;
      choices.rules = [...(choices.rules ?? []), { ...value, action }];
      return true;
    },
  };
}

function instead(what: 'help' | 'version'): Pick<Option, 'take'> {
  return {
    take(choices) {
      choices.instead = what;
      return true;
    },
  };
}
