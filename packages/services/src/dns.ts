export type { DnsConfig } from './dns/config.ts';
export type { GuestNames, NameGiver, OwnName } from './dns/names.ts';
export { describeQuery, type QueryRecord } from './dns/query-record.ts';
export { checkDns, type DnsOptions, type DnsServer, dnsServer } from './dns/server.ts';
