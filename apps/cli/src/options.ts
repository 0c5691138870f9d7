// Every option of reslirp, once: parsing, defaults, --help and the README's table all come from here. A file for each group.
import { BOOT_OPTIONS, type BootChoices } from './options/boot.ts';
import { CABLE_OPTIONS, type CableChoices } from './options/cables.ts';
import { CAPTURE_OPTIONS, type CaptureChoices } from './options/captures.ts';
import { CONTROL_OPTIONS, type ControlChoices } from './options/control.ts';
import { DHCP_OPTIONS, type DhcpChoices } from './options/dhcp.ts';
import { DNS_OPTIONS, type DnsChoices } from './options/dns.ts';
import { FLOW_OPTIONS, type FlowChoices } from './options/flows.ts';
import { FORWARD_OPTIONS, type ForwardChoices } from './options/forwards.ts';
import { MANAGEMENT_OPTIONS, type ManagementChoices } from './options/management.ts';
import { MESSAGE_OPTIONS, type MessageChoices } from './options/messages.ts';
import { NETWORK_OPTIONS, type NetworkChoices } from './options/network.ts';
import type { Option } from './options/option.ts';
import { POLICY_OPTIONS, type PolicyChoices } from './options/policy.ts';
import { passedOn, TUNNEL_OWN, type TunnelChoices } from './options/tunnel.ts';

export type { Option } from './options/option.ts';

/** What was asked for. A field is absent when its option was not given. */
export interface Choices
  extends NetworkChoices,
    DhcpChoices,
    BootChoices,
    DnsChoices,
    ForwardChoices,
    FlowChoices,
    PolicyChoices,
    CableChoices,
    ManagementChoices,
    CaptureChoices,
    ControlChoices,
    TunnelChoices,
    MessageChoices {}

export const OPTIONS: readonly Option[] = [
  ...NETWORK_OPTIONS,
  ...DHCP_OPTIONS,
  ...BOOT_OPTIONS,
  ...DNS_OPTIONS,
  ...FORWARD_OPTIONS,
  ...FLOW_OPTIONS,
  ...POLICY_OPTIONS,
  ...CABLE_OPTIONS,
  ...MANAGEMENT_OPTIONS,
  ...CAPTURE_OPTIONS,
  ...CONTROL_OPTIONS,
  ...MESSAGE_OPTIONS,
];

/** Of the network there, as they are passed on to it. */
const FAR: readonly string[] = [
  'vdnssearch',
  'dns-host',
  'tcp-keepalive',
  'udp-timeout',
  'udp-filtering',
  'connect-timeout',
  'outbound-addr',
  'outbound-addr6',
  'disable-host-loopback',
  'allow',
  'deny',
];

/** What `reslirp tunnel` takes. */
export const TUNNEL_OPTIONS: readonly Option[] = [
  ...TUNNEL_OWN,
  ...OPTIONS.filter(({ long }) => FAR.includes(long)).map(passedOn),
  ...MESSAGE_OPTIONS.filter(({ long }) => long !== 'dump'),
];

/** Choices that the table has a default for. */
type Defaulted =
  | 'network'
  | 'mask'
  | 'gateway'
  | 'nameserver'
  | 'network6'
  | 'mtu'
  | 'dhcpStart'
  | 'leaseTime'
  | 'dhcp6'
  | 'manufacturer'
  | 'hostName'
  | 'tcpKeepalive'
  | 'connectTimeout'
  | 'udpTimeout'
  | 'udpFiltering'
  | 'host'
  | 'level';

/** What the defaults of the table amount to. */
export const DEFAULTS: Required<Pick<Choices, Defaulted>> = OPTIONS.reduce((choices: Choices, option) => {
  if (option.default !== undefined) option.take(choices, option.default);
  return choices;
}, {}) as Required<Pick<Choices, Defaulted>>;
