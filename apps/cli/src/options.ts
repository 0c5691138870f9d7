// Every option of reslirp, once: parsing, defaults, --help and the README's table all come from here.
import { Level } from '@reslirp/runtime';
import { CABLE_OPTIONS, type CableChoices } from './cable-options.ts';
import {
  ADDRESS,
  type AddressValue,
  FILE,
  HOST,
  type HostKind,
  type Kind,
  MASK,
  NAME,
  NAMES,
  NETWORK,
  type NetworkValue,
  number,
} from './values.ts';

const LEVEL = number(Level.ERROR, Level.TRACE);

/** What was asked for. A field is absent when its option was not given. */
export interface Choices extends CableChoices {
  network?: NetworkValue;
  mask?: number;
  gateway?: AddressValue;
  nameserver?: AddressValue;
  mtu?: number;
  mru?: number;
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
  readonly group: 'Network' | 'DHCP and DNS' | 'Policy' | 'Cables' | 'Messages';
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
type Defaulted = 'network' | 'mask' | 'gateway' | 'nameserver' | 'mtu' | 'dhcpStart' | 'hostName' | 'host' | 'level';

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

function flag(field: 'disableDhcp' | 'disableDns' | 'disableHostLoopback' | 'restricted'): Pick<Option, 'take'> {
  return {
    take(choices) {
      choices[field] = true;
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
