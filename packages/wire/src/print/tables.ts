// Who reads what: the numbers of each layer, and what they stand for. A protocol is a file and a row here.
import * as Dns from '../dns.ts';
import * as Ether from '../ether.ts';
import * as Ipv4 from '../ipv4.ts';
import { printArp, printRarp } from './arp.ts';
import { printDhcp4 } from './dhcp4.ts';
import { printDhcp6 } from './dhcp6.ts';
import type { Table } from './dissection.ts';
import { printDns, printLlmnr, printMdns } from './dns.ts';
import { printEther, printVlan } from './ether.ts';
import { printIcmp4 } from './icmp4.ts';
import { printIcmp6 } from './icmp6.ts';
import { printIpv4 } from './ipv4.ts';
import { printIpv6 } from './ipv6.ts';
import { printAh } from './ipv6-extensions.ts';
import { printL2tpIp, printL2tpUdp } from './l2tp.ts';
import { printLldp } from './lldp.ts';
import { printIgmp } from './mld.ts';
import { printNcsi } from './ncsi.ts';
import { printNtp } from './ntp.ts';
import { printSctp } from './sctp.ts';
import { printTcp } from './tcp.ts';
import { printTftpPort } from './tftp.ts';
import { printEsp, printGre } from './tunnels.ts';
import { printUdp } from './udp.ts';

/** IEEE 802 numbers of IANA. */
export const ETHER_TYPES: Table = {
  [Ether.Type.IP4]: { name: 'IPv4', print: printIpv4 },
  [Ether.Type.ARP]: { name: 'ARP', print: printArp },
  2114: { name: 'Wake-on-LAN' }, // 0x0842
  25944: { name: 'Transparent Ethernet Bridging', print: printEther }, // 0x6558, RFC 1701
  32821: { name: 'RARP', print: printRarp }, // 0x8035
  [Ether.Type.VLAN]: { name: 'VLAN Tagging (802.1Q)', print: printVlan },
  [Ether.Type.IP6]: { name: 'IPv6', print: printIpv6 },
  34824: { name: 'Ethernet Flow Control' }, // 0x8808
  34825: { name: 'Slow Protocols' }, // 0x8809
  34887: { name: 'MPLS' }, // 0x8847
  34915: { name: 'PPPoE Discovery' }, // 0x8863
  34916: { name: 'PPPoE Session' }, // 0x8864
  34958: { name: '802.1X' }, // 0x888e
  34984: { name: 'VLAN Tagging (802.1ad)', print: printVlan }, // 0x88a8
  35020: { name: 'LLDP', print: printLldp }, // 0x88cc
  35047: { name: 'PTP' }, // 0x88f7
  [Ether.Type.NCSI]: { name: 'NC-SI', print: printNcsi },
  37120: { name: 'VLAN Tagging (QinQ)', print: printVlan }, // 0x9100
};

/** Protocol numbers of IANA, the same for both versions of IP. */
export const PROTOCOLS: Table = {
  0: { name: 'HOPOPT' },
  [Ipv4.Protocol.ICMP]: { name: 'ICMP', print: printIcmp4 },
  [Ipv4.Protocol.IGMP]: { name: 'IGMP', print: printIgmp },
  4: { name: 'IPv4', print: printIpv4 },
  [Ipv4.Protocol.TCP]: { name: 'TCP', print: printTcp },
  [Ipv4.Protocol.UDP]: { name: 'UDP', print: printUdp },
  41: { name: 'IPv6', print: printIpv6 },
  43: { name: 'Routing' },
  44: { name: 'Fragment' },
  47: { name: 'GRE', print: printGre },
  50: { name: 'ESP', print: printEsp },
  51: { name: 'AH', print: printAh },
  [Ipv4.Protocol.ICMP6]: { name: 'ICMPv6', print: printIcmp6 },
  59: { name: 'No Next Header' },
  60: { name: 'Destination Options' },
  88: { name: 'EIGRP' },
  89: { name: 'OSPF' },
  103: { name: 'PIM' },
  112: { name: 'VRRP' },
  115: { name: 'L2TP', print: printL2tpIp },
  132: { name: 'SCTP', print: printSctp },
  136: { name: 'UDPLite' },
  137: { name: 'MPLS-in-IP' },
};

/** Ports of UDP. */
export const SERVICES: Table = {
  [Dns.PORT]: { name: 'DNS', print: printDns },
  67: { name: 'DHCP', print: printDhcp4 },
  68: { name: 'DHCP', print: printDhcp4 },
  69: { name: 'TFTP', print: printTftpPort },
  123: { name: 'NTP', print: printNtp },
  546: { name: 'DHCPv6', print: printDhcp6 },
  547: { name: 'DHCPv6', print: printDhcp6 },
  1701: { name: 'L2TP', print: printL2tpUdp },
  5353: { name: 'mDNS', print: printMdns },
  5355: { name: 'LLMNR', print: printLlmnr },
};
