// What a network is to be, whoever asked for it.
import type { Dhcp4Config } from '@reslirp/services/dhcp4';
import type { Config } from '@reslirp/stack';
import type { LeaseFileSettings } from './lease-file.ts';
import type { Level } from './log.ts';

type Filled = 'network' | 'gateway' | 'nameserver' | 'mtu' | 'mru' | 'restricted' | 'hostLoopback';

export interface NetworkSettings {
  /** Every address is filled in; those of IPv6 when there is a network6. */
  readonly network: Config & Required<Pick<Config, Filled>>;
  /** Null: no DHCP. */
  readonly dhcp: Dhcp4Config | null;
  /** Where its leases are kept; null, or absent: nowhere. */
  readonly leaseFile?: LeaseFileSettings | null;
  readonly dns: boolean;
  /** Path of a resolv.conf(5). Null: the system's own. */
  readonly resolvConf: string | null;
  /** Absolute path of the directory whose files are given by TFTP; absent: no TFTP. */
  readonly tftp?: string;
  readonly level: Level;
  /** What connections leave from; null, or absent: the system's choice. Not for a host that is Node's. */
  readonly outbound?: { readonly address4: string | null; readonly address6: string | null };
}
