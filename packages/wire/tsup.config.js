import { preset } from '@reslirp/tsup';

export default preset([
  'src/address.ts',
  'src/arp.ts',
  'src/bytes.ts',
  'src/checksum.ts',
  'src/dhcp4.ts',
  'src/dhcp6.ts',
  'src/dns.ts',
  'src/dns-records.ts',
  'src/ether.ts',
  'src/icmp4.ts',
  'src/icmp6.ts',
  'src/ipv4.ts',
  'src/ipv6.ts',
  'src/print.ts',
  'src/ncsi.ts',
  'src/tcp.ts',
  'src/tcp-options.ts',
  'src/tftp.ts',
  'src/udp.ts',
  'src/vlan.ts',
]);
