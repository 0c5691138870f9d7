// The virtual network: its addresses, versions of IP, and sizes of packets.
import { ADDRESS, ADDRESS6, type AddressValue, MASK, NETWORK, NETWORK6, type NetworkValue, number } from '../values.ts';
import { flag, into, type Option } from './option.ts';

export interface NetworkChoices {
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
}

export const NETWORK_OPTIONS: readonly Option[] = [
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
];
