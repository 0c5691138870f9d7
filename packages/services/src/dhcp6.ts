export type { Lease6 } from './dhcp6/leases.ts';
export { type Dhcp6Server, dhcp6Server } from './dhcp6/server.ts';
export type { Dhcp6Config } from './dhcp6/settings.ts';
