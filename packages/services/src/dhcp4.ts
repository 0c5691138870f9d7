export type { Lease, LeaseState } from './dhcp4/leases.ts';
export { type Dhcp4Server, dhcp4Server } from './dhcp4/server.ts';
export type { Dhcp4Config } from './dhcp4/settings.ts';
