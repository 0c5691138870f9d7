export { type Dhcp4Config, type Dhcp4Server, dhcp4Server, type Lease, type LeaseState } from './dhcp4.ts';
export { type DnsForwarder, type DnsForwarderOptions, dnsForwarder } from './dns.ts';
export {
  FileFault,
  type FileSource,
  type OpenFile,
  type TftpServer,
  type TftpServerOptions,
  tftpServer,
} from './tftp.ts';
