export { BOOT_CLIENTS, type BootClient, type Dhcp4Boot, type Dhcp4BootFile } from './dhcp4/boot.ts';
export type { KeptLease, LeaseStore } from './dhcp4/lease-store.ts';
export type { Lease, LeaseState } from './dhcp4/leases.ts';
export type { Dhcp4Host } from './dhcp4/reservations.ts';
export { checkDhcp4, type Dhcp4Server, dhcp4Server } from './dhcp4/server.ts';
export type { Dhcp4Config } from './dhcp4/settings.ts';
