// What guests get by DHCP.
import { ADDRESS, type AddressValue, NAME, NAMES } from '../values.ts';
import { appendAll, flag, into, type Option } from './option.ts';

export interface DhcpChoices {
  dhcpStart?: AddressValue;
  hostName?: string;
  domainName?: string;
  searchDomains?: readonly string[];
  disableDhcp?: boolean;
}

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
    long: 'disable-dhcp',
    help: 'no DHCP: guests have their addresses from elsewhere',
    ...flag('disableDhcp'),
  },
];
