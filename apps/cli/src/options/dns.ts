// Where names are asked for, and which are known here.
import { DNS_HOST, DNS_SERVERS, DNS_ZONE, type DnsHostValue, type DnsServersValue } from '../dns-values.ts';
import { FILE } from '../values.ts';
import { append, flag, into, type Option } from './option.ts';

export interface DnsChoices {
  resolvConf?: string;
  dnsServers?: readonly DnsServersValue[];
  dnsHosts?: readonly DnsHostValue[];
  /** The name null: none. */
  dnsZone?: { readonly name: string | null };
  dnsCache?: boolean;
  disableDns?: boolean;
}

export const DNS_OPTIONS: readonly Option[] = [
  {
    group: 'DNS',
    long: 'resolv-conf',
    value: 'FILE',
    help: "ask the nameservers of this file, not the system's own",
    ...into('resolvConf', FILE),
  },
  {
    group: 'DNS',
    long: 'dns',
    value: '[DOMAIN=]SERVERS',
    help: 'ask these, of a domain for its names',
    ...append('dnsServers', DNS_SERVERS),
  },
  {
    group: 'DNS',
    long: 'dns-host',
    value: 'NAME=ADDRS',
    help: 'a name of our own, and its addresses',
    ...append('dnsHosts', DNS_HOST),
  },
  {
    group: 'DNS',
    long: 'dns-zone',
    value: 'NAME',
    help: 'domain of our own names, or none',
    default: 'reslirp.internal',
    ...into('dnsZone', DNS_ZONE),
  },
  {
    group: 'DNS',
    long: 'no-dns-cache',
    help: 'ask for every name each time',
    ...flag('dnsCache', false),
  },
  {
    group: 'DNS',
    long: 'disable-dns',
    help: 'no DNS: nothing answers at --vnameserver',
    ...flag('disableDns'),
  },
];
