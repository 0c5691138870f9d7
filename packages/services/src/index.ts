export {
  BOOT_CLIENTS,
  type BootClient,
  checkDhcp4,
  type Dhcp4Boot,
  type Dhcp4BootFile,
  type Dhcp4Config,
  type Dhcp4Host,
  type Dhcp4Server,
  dhcp4Server,
  type KeptLease,
  type Lease,
  type LeaseState,
  type LeaseStore,
} from './dhcp4.ts';
export { type Dhcp6Config, type Dhcp6Server, dhcp6Server, type Lease6 } from './dhcp6.ts';
export {
  checkDns,
  type DnsConfig,
  type DnsOptions,
  type DnsServer,
  describeQuery,
  dnsServer,
  type GuestNames,
  type NameGiver,
  type OwnName,
  type QueryRecord,
} from './dns.ts';
export { type NcsiConfig, type NcsiResponder, ncsiResponder } from './ncsi.ts';
export {
  FileFault,
  type FileSource,
  type OpenFile,
  type TftpServer,
  type TftpServerOptions,
  tftpServer,
} from './tftp.ts';
