// What guests get by DHCP.
import { ADDRESS, type AddressValue, DHCP6, type Dhcp6Kind, type Kind, NAME, NAMES, number } from '../values.ts';
import { append, appendAll, flag, into, type Option } from './option.ts';

export interface DhcpChoices {
  dhcpStart?: AddressValue;
  hostName?: string;
  domainName?: string;
  searchDomains?: readonly string[];
  dhcpHosts?: readonly HostValue[];
  dhcpOptions?: readonly string[];
  leaseTime?: number;
  leaseFile?: string;
  dhcp6?: Dhcp6Kind;
  disableDhcp?: boolean;
}

/** A client with an address of its own: by its card, or by the identifier that it sends, in hexadecimal. */
export interface HostValue {
  readonly who: { readonly mac: string } | { readonly client: string };
  readonly address: AddressValue;
  readonly name: string | null;
}

const HOST: Kind<HostValue> = {
  accepts: 'a client and its address such as 52:54:00:12:34:56=10.0.2.50,vm or id:01525400123456=+50',
  read(text) {
    const [, mac, client, place, name = null] =
      /^(?:((?:[0-9a-f]{2}:){5}[0-9a-f]{2})|id:((?:[0-9a-f]{2}){2,255}))=([^,]+)(?:,(.+))?$/i.exec(text) ?? [];
    const address = ADDRESS.read(place ?? '');
    const isName = name === null || (NAME.read(name) !== null && !name.includes('.'));
    if (address === null || !isName) return null;
    return { who: mac === undefined ? { client: client! } : { mac }, address, name };
  },
};

/** What is in it, the server says. */
const OPTION: Kind<string> = {
  accepts: 'an option of DHCP such as 42=10.0.2.2, ntp-server=10.0.2.2, 252=0x0a0b, or 3= for none',
  read: (text) => (/^(option:)?[\w+-]+[=,]/.test(text) ? text : null),
};

/** RFC 2131 3.3 */
const FOR_EVER = 0xffffffff;
const SECONDS = number(10, 999_999_999);

const LEASE_TIME: Kind<number> = {
  accepts: `${SECONDS.accepts}, or infinite`,
  read: (text) => (text === 'infinite' ? FOR_EVER : SECONDS.read(text)),
};

/** It may be there later. */
const PATH: Kind<string> = { accepts: 'the path of a file', read: (text) => (text === '' ? null : text) };

export const DHCP_OPTIONS: readonly Option[] = [
  {
    group: 'DHCP',
    long: 'vdhcp-start',
    value: 'ADDR',
    help: 'the first address that guests get',
    default: '+20',
    ...into('dhcpStart', ADDRESS),
  },
  {
    group: 'DHCP',
    long: 'vhostname',
    value: 'NAME',
    help: 'the host name that guests get',
    default: 'reslirp',
    ...into('hostName', NAME),
  },
  {
    group: 'DHCP',
    long: 'vdomainname',
    value: 'NAME',
    help: 'the domain that guests get',
    ...into('domainName', NAME),
  },
  {
    group: 'DHCP',
    long: 'vdnssearch',
    value: 'NAMES',
    help: 'domains that guests search: a,b or one option each',
    ...appendAll('searchDomains', NAMES),
  },
  {
    group: 'DHCP',
    long: 'dhcp-host',
    value: 'HOST',
    help: 'of one guest: MAC=ADDR[,NAME], id:HEX=ADDR[,NAME]',
    ...append('dhcpHosts', HOST),
  },
  {
    group: 'DHCP',
    long: 'dhcp-option',
    value: 'OPTION',
    help: 'what is told: ntp-server=10.0.2.2, 252=0x0a; 3= for none',
    ...append('dhcpOptions', OPTION),
  },
  {
    group: 'DHCP',
    long: 'dhcp-lease-time',
    value: 'SEC',
    help: 'seconds of a lease, or infinite',
    default: '86400',
    ...into('leaseTime', LEASE_TIME),
  },
  {
    group: 'DHCP',
    long: 'lease-file',
    value: 'FILE',
    help: 'where leases are kept, for the next time',
    ...into('leaseFile', PATH),
  },
  {
    group: 'DHCP',
    long: 'dhcp6',
    value: 'KIND',
    help: 'DHCPv6: off, stateless (no addresses) or stateful',
    default: 'stateless',
    ...into('dhcp6', DHCP6),
  },
  {
    group: 'DHCP',
    long: 'disable-dhcp',
    help: 'no DHCP of either version: addresses come from elsewhere',
    ...flag('disableDhcp'),
  },
];
