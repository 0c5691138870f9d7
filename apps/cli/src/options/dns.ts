// Where names are asked for.
import { FILE } from '../values.ts';
import { flag, into, type Option } from './option.ts';

export interface DnsChoices {
  resolvConf?: string;
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
    long: 'disable-dns',
    help: 'no DNS: nothing answers at --vnameserver',
    ...flag('disableDns'),
  },
];
