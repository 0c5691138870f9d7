// What a network is to be, whoever asked for it.
import type { Dhcp4Config } from '@reslirp/services/dhcp4';
import type { Config } from '@reslirp/stack';
import type { DumpSettings } from './dump.ts';
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
  /** Application gateways (FTP, IRC DCC, ident) read along: they do not, unless asked for. */
  readonly emulate?: boolean;
  /** Path of a resolv.conf(5). Null: the system's own. */
  readonly resolvConf: string | null;
  readonly level: Level;
  /** Frames are told to the log as text, whatever its level; null, or absent: they are not. */
  readonly dump?: DumpSettings | null;
  /** What connections leave from; null, or absent: the system's choice. Not for a host that is Node's. */
  readonly outbound?: { readonly address4: string | null; readonly address6: string | null };
}
