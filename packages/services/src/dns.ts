export { type DnsForwarder, type DnsForwarderOptions, dnsForwarder } from './dns/forwarder.ts';
