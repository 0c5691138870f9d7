// Options of DHCP that people configure, by number: a name, and how a value is written. Names are those of dnsmasq, which people
// know; numbers and values those of RFC 2132, or of the RFC beside them.

export type OptionType =
  /** One IPv4 address. */
  | 'address'
  /** IPv4 addresses. */
  | 'addresses'
  /** Of two addresses each. */
  | 'pairs'
  | 'text'
  /** A domain name, as text. */
  | 'domain'
  /** Domain names in wire form, RFC 3397. */
  | 'domains'
  /** Networks and the router to each, RFC 3442. */
  | 'routes'
  | 'bool'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'i32'
  /** Nothing but 0x… */
  | 'bytes';

export interface OptionKind {
  readonly code: number;
  readonly name: string;
  readonly type: OptionType;
}

const ROWS: readonly (readonly [code: number, name: string, type: OptionType])[] = [
  [2, 'time-offset', 'i32'],
  [3, 'router', 'addresses'],
  [4, 'time-server', 'addresses'],
  [6, 'dns-server', 'addresses'],
  [7, 'log-server', 'addresses'],
  [9, 'lpr-server', 'addresses'],
  [12, 'hostname', 'text'],
  [13, 'boot-file-size', 'u16'],
  [15, 'domain-name', 'domain'],
  [16, 'swap-server', 'address'],
  [17, 'root-path', 'text'],
  [18, 'extension-path', 'text'],
  [19, 'ip-forward-enable', 'bool'],
  [20, 'non-local-source-routing', 'bool'],
  [21, 'policy-filter', 'pairs'],
  [22, 'max-datagram-reassembly', 'u16'],
  [23, 'default-ttl', 'u8'],
  [26, 'mtu', 'u16'],
  [27, 'all-subnets-local', 'bool'],
  [28, 'broadcast', 'address'],
  [31, 'router-discovery', 'bool'],
  [32, 'router-solicitation', 'address'],
  [33, 'static-route', 'pairs'],
  [34, 'trailer-encapsulation', 'bool'],
  [35, 'arp-timeout', 'u32'],
  [36, 'ethernet-encap', 'bool'],
  [37, 'tcp-ttl', 'u8'],
  [38, 'tcp-keepalive', 'u32'],
  [40, 'nis-domain', 'text'],
  [41, 'nis-server', 'addresses'],
  [42, 'ntp-server', 'addresses'],
  [43, 'vendor-encap', 'bytes'],
  [44, 'netbios-ns', 'addresses'],
  [45, 'netbios-dd', 'addresses'],
  [46, 'netbios-nodetype', 'u8'],
  [47, 'netbios-scope', 'text'],
  [48, 'x-windows-fs', 'addresses'],
  [49, 'x-windows-dm', 'addresses'],
  [60, 'vendor-class', 'text'],
  [64, 'nis+-domain', 'text'],
  [65, 'nis+-server', 'addresses'],
  [66, 'tftp-server', 'text'],
  [67, 'bootfile-name', 'text'],
  [69, 'smtp-server', 'addresses'],
  [70, 'pop3-server', 'addresses'],
  [71, 'nntp-server', 'addresses'],
  [72, 'www-server', 'addresses'],
  [74, 'irc-server', 'addresses'],
  [100, 'posix-timezone', 'text'], // RFC 4833
  [101, 'tzdb-timezone', 'text'],
  [108, 'ipv6-only', 'u32'], // RFC 8925
  [114, 'captive-portal', 'text'], // RFC 8910
  [119, 'domain-search', 'domains'],
  [121, 'classless-static-route', 'routes'],
  [125, 'vendor-id-encap', 'bytes'], // RFC 3925
  [138, 'capwap', 'addresses'], // RFC 5417
  [150, 'tftp-server-address', 'addresses'], // RFC 5859
  [249, 'ms-classless-static-route', 'routes'], // as 121
  [252, 'wpad', 'text'],
];

const KINDS: readonly OptionKind[] = ROWS.map(([code, name, type]) => ({ code, name, type }));

export function kindOf(code: number): OptionKind | null {
  return KINDS.find((kind) => kind.code === code) ?? null;
}

export function codeOf(name: string): number | null {
  return KINDS.find((kind) => kind.name === name)?.code ?? null;
}

/** What the server says by itself, what only clients say, and the structure of a message: not for anybody to configure. */
const RESERVED: ReadonlySet<number> = new Set([0, 1, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 80, 81, 82, 255]);

export function isReserved(code: number): boolean {
  return RESERVED.has(code);
}
