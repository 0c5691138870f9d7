// The addresses of a namespace's network, as slirp4netns lays them out: counted from the network's own.
//
//   +2 gateway   +3 nameserver   +15 first address by DHCP   +100 the interface that -c sets up
import type { Level, NetworkSettings } from '@reslirp/runtime/plane';
import { format4, mask4, parseCidr4 } from '@reslirp/wire/address';
import { Failure } from './failure.ts';

const GATEWAY = 2;
const NAMESERVER = 3;
const POOL = 15;
const GUEST = 100;
/** Gateway ::2, nameserver ::3; the namespace makes its address from what is advertised. */
const NETWORK6 = 'fd00::/64';
const NAMESERVER6 = 'fd00::3';
/** The smallest network has 128 addresses, so that +100 is one of them. */
const PREFIX = { least: 1, most: 25 } as const;

export interface Layout {
  /** In CIDR form. */
  readonly cidr: string;
  readonly prefix: number;
  readonly mask: string;
  readonly gateway: string;
  readonly nameserver: string;
  readonly pool: string;
  readonly guest: string;
}

/** Throws a Failure when `cidr` is no network that has room for these. */
export function layoutOf(cidr: string): Layout {
  const [address = '', bits = ''] = cidr.split('/');
  const parsed = /^\d+$/.test(bits) ? parseCidr4(cidr) : null;
  if (parsed === null) throw new Failure(`invalid CIDR: '${cidr}' is not a network such as 10.0.2.0/24`);
  const { prefix } = parsed;
  if (prefix < PREFIX.least || prefix > PREFIX.most) {
    throw new Failure(`invalid CIDR: prefix length needs to be ${PREFIX.least}-${PREFIX.most}, not ${prefix}`);
  }
  const network = parsed.address & mask4(prefix);
  if (network !== parsed.address) {
    throw new Failure(
      `CIDR needs to be a network address like ${format4(network)}/${prefix}, not like ${address}/${prefix}`,
    );
  }
  const at = (n: number): string => format4(network + n);
  return {
    cidr,
    prefix,
    mask: format4(mask4(prefix)),
    gateway: at(GATEWAY),
    nameserver: at(NAMESERVER),
    pool: at(POOL),
    guest: at(GUEST),
  };
}

export interface NetworkChoices {
  readonly layout: Layout;
  readonly mtu: number;
  readonly dns: boolean;
  readonly hostLoopback: boolean;
  readonly ipv6: boolean;
  readonly level: Level;
}

/** What the data plane is told. */
export function networkSettings({ layout, mtu, dns, hostLoopback, ipv6, level }: NetworkChoices): NetworkSettings {
  const { cidr, gateway, nameserver, pool } = layout;
  return {
    network: {
      network: cidr,
      gateway,
      nameserver,
      mtu,
      mru: mtu,
      restricted: false,
      hostLoopback,
      ...(ipv6 ? { network6: NETWORK6 } : {}),
    },
    dhcp: { start: pool, router: true, nameservers: dns ? [nameserver] : [], search: [] },
    // The original's answers nobody who does not ask by himself, and its advertisements do not tell guests to
    dhcp6: ipv6 ? { nameservers: dns ? [NAMESERVER6] : [] } : null,
    ncsi: {},
    dns: dns ? {} : null,
    resolvConf: null,
    level,
  };
}
