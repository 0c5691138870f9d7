// What a network is to be, whoever asked for it.
import type { Dhcp4Config } from '@reslirp/services/dhcp4';
import type { Dhcp6Config } from '@reslirp/services/dhcp6';
import type { DnsConfig } from '@reslirp/services/dns';
import type { NcsiConfig } from '@reslirp/services/ncsi';
import type { Config } from '@reslirp/stack';
import type { DumpSettings } from './dump.ts';
import type { LeaseFileSettings } from './lease-file.ts';
import type { Level } from './log.ts';
import type { RecordingSettings } from './recording.ts';

type Filled = 'network' | 'gateway' | 'nameserver' | 'mtu' | 'mru' | 'restricted' | 'hostLoopback';

export interface NetworkSettings {
  /** Every address is filled in; those of IPv6 when there is a network6. */
  readonly network: Config & Required<Pick<Config, Filled>>;
  /** Null: no DHCP. */
  readonly dhcp: Dhcp4Config | null;
  /** Where its leases are kept; null, or absent: nowhere. */
  readonly leaseFile?: LeaseFileSettings | null;
  /** Null: no DHCPv6, as in a network without IPv6. What is advertised has to agree. */
  readonly dhcp6: Dhcp6Config | null;
  /** Of the card that a management controller finds. */
  readonly ncsi: NcsiConfig;
  /** Null: no DNS. */
  readonly dns: DnsConfig | null;
  /** Where frames are captured; null, or absent: nowhere. */
  readonly recording?: RecordingSettings | null;
  /** Application gateways (FTP, IRC DCC, ident) read along: they do not, unless asked for. */
  readonly emulate?: boolean;
  /** Path of a resolv.conf(5). Null: the system's own. */
  readonly resolvConf: string | null;
  /** Absolute path of the directory whose files are given by TFTP; absent: no TFTP. */
  readonly tftp?: string;
  readonly level: Level;
  /** Frames are told to the log as text, whatever its level; null, or absent: they are not. */
  readonly dump?: DumpSettings | null;
  /** What connections leave from; null, or absent: the system's choice. */
  readonly outbound?: { readonly address4: string | null; readonly address6: string | null };
}

/** As the hosts take them. */
export function localAddresses({ outbound }: NetworkSettings): { localAddress4?: string; localAddress6?: string } {
  const { address4 = null, address6 = null } = outbound ?? {};
  return {
    ...(address4 === null ? {} : { localAddress4: address4 }),
    ...(address6 === null ? {} : { localAddress6: address6 }),
  };
}
