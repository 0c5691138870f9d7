// Where guests may go: rules in order, the first that fits decides, and what none fits is allowed. Asked once, when a flow is
// born (address-rules.ts). They are about the outside; the network's own services and the host's loopback have their settings.
import { type Config, ConfigError, type Rule } from './config.ts';
import type { Endpoint } from './endpoint.ts';
import { contains, type Prefix, parsePrefix } from './prefix.ts';

const MOST_RULES = 4_096;
const MOST_PORT = 0xffff;

/** RFC 5771 and RFC 4291 2.7. */
const GROUPS: readonly string[] = ['224.0.0.0/4', 'ff00::/8'];

/** Names for what nobody remembers by number. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  any: ['0.0.0.0/0', '::/0'],
  // RFC 1918, RFC 6598 (shared by a provider's customers), RFC 4193, and RFC 3879's; and whoever is told as one of a group is near
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10', ...GROUPS],
  // RFC 3927: the metadata services of clouds are here
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  multicast: GROUPS,
};

export type Carried = 'tcp' | 'udp' | 'icmp';

interface Parsed {
  readonly allow: boolean;
  readonly protocol: Carried | undefined;
  readonly prefixes: readonly Prefix[];
  readonly first: number;
  readonly last: number;
}

export class Policy {
  readonly #rules: readonly Parsed[];

  /** Throws ConfigError. */
  constructor(rules: NonNullable<Config['rules']>) {
    if (rules.length > MOST_RULES) throw new ConfigError('rules', `${rules.length} are more than ${MOST_RULES}`);
    this.#rules = rules.map(parse);
  }

  /** Whether a flow to the host endpoint `to` may be. */
  allows(protocol: Carried, to: Endpoint): boolean {
    for (const rule of this.#rules) if (fits(rule, protocol, to)) return rule.allow;
    return true;
  }
}

function fits(rule: Parsed, protocol: Carried, to: Endpoint): boolean {
  if (rule.protocol !== undefined && rule.protocol !== protocol) return false;
  if (to.port < rule.first || to.port > rule.last) return false;
  return rule.prefixes.some((prefix) => contains(prefix, to) && prefixFamily(prefix) === to.is4);
}

/** '::/0' is about IPv6, though mapped IPv4 addresses lie in it. */
function prefixFamily({ address }: Prefix): boolean {
  return address.is4;
}

function parse(rule: Rule, i: number): Parsed {
  const { action, protocol, ports } = rule;
  const field = `rules[${i}]`;
  if (action !== 'allow' && action !== 'deny') throw new ConfigError(field, `'${action}' is not 'allow' or 'deny'`);
  if (protocol !== undefined && !['tcp', 'udp', 'icmp'].includes(protocol)) {
    throw new ConfigError(field, `'${protocol}' is not 'tcp', 'udp' or 'icmp'`);
  }
  const [first, last] = ports ?? [0, MOST_PORT];
  if (![first, last].every((port) => Number.isInteger(port) && port >= 0 && port <= MOST_PORT) || first > last) {
    throw new ConfigError(field, `'${first}-${last}' is no range of ports`);
  }
  return { allow: action === 'allow', protocol, prefixes: prefixesOf(rule.to, field), first, last };
}

function prefixesOf(to: string, field: string): Prefix[] {
  const texts = Object.hasOwn(NAMED, to) ? NAMED[to]! : [to];
  return texts.map((text) => {
    const prefix = parsePrefix(text);
    if (prefix !== null) return prefix;
    const names = Object.keys(NAMED).join("', '");
    throw new ConfigError(field, `'${to}' is not a network such as '10.0.0.0/8' or 'fd00::/8', nor one of '${names}'`);
  });
}
