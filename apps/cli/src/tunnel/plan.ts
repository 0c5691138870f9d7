// Arguments of `reslirp tunnel` to what is to be done. Every complaint is one line.
import { existsSync } from 'node:fs';
import { Level } from '@reslirp/runtime';
import { format4, format6, mask4, parse6, parseCidr4 } from '@reslirp/wire/address';
import type { RouteValue, TunnelDns } from '../options/tunnel.ts';
import { type Choices, TUNNEL_OPTIONS } from '../options.ts';
import { type Grammar, grammarOf, parse, split } from '../parse.ts';
import { type Settings, settings } from '../settings.ts';
import { UsageError } from '../usage-error.ts';
import type { Carrier } from './far-side.ts';

export interface Plan {
  readonly carrier: Carrier;
  /** The network between the machines, as the far side has it. */
  readonly settings: Settings;
  /** Options for reslirp there. */
  readonly farArgs: readonly string[];
  readonly routes: readonly RouteValue[];
  readonly dns: TunnelDns;
  readonly tap: string;
  readonly reconnects: boolean;
  /** Null: the tunnel is this machine's. Else only this command's, in a network of its own. */
  readonly command: readonly string[] | null;
}

const GRAMMAR: Grammar = grammarOf(TUNNEL_OPTIONS);
const SYNOPSIS = 'reslirp tunnel [OPTION]... [USER@]HOST [-- COMMAND...]';
const ANY_TAP = 'reslirp%d';

/** Which of our options stand for those of the network. */
const RENAMED: Readonly<Record<string, string>> = {
  '--vnetwork': '--network',
  '--vprefix6': '--network6',
  '--if-mtu': '--mtu',
};

/** Throws a UsageError. 'help' and 'version': asked for instead. */
export function plan(args: readonly string[]): Plan | 'help' | 'version' {
  const { choices, host, command } = read(args);
  if (choices.instead !== undefined) return choices.instead;
  const carrier = carrierOf(choices, host);
  const network = networkOf(choices);
  const hasIpv6 = network.network.network6 !== undefined;
  const routes = routesOf(choices, network, command !== null, hasIpv6);
  return {
    carrier,
    settings: network,
    farArgs: farArgs(choices, network),
    routes,
    dns: dnsOf(choices, routes, command !== null),
    tap: choices.tap ?? ANY_TAP,
    reconnects: choices.reconnects ?? true,
    command,
  };
}

interface Read {
  readonly choices: Choices;
  readonly host: string | null;
  readonly command: readonly string[] | null;
}

/** Options may stand before the host, and behind it. */
function read(args: readonly string[]): Read {
  const first = split(args, GRAMMAR);
  const choices = parse(first.own, GRAMMAR);
  if (choices.instead !== undefined) return { choices, host: null, command: null };
  if (first.marked || first.command.length === 0) return { choices, host: null, command: commandOf(first) };
  const [host = '', ...rest] = first.command;
  const second = split(rest, GRAMMAR);
  const all = parse([...first.own, ...second.own], GRAMMAR);
  const [word] = second.command;
  if (!second.marked && word !== undefined && all.instead === undefined) {
    throw new UsageError('tunnel', `'${word}' is one word too many: a command comes after '--': ${SYNOPSIS}`);
  }
  return { choices: all, host, command: commandOf(second) };
}

function commandOf({ marked, command }: { marked: boolean; command: readonly string[] }): readonly string[] | null {
  if (!marked) return null;
  if (command.length === 0) throw new UsageError('tunnel', `no command follows '--': ${SYNOPSIS}`);
  return command;
}

function carrierOf({ ssh, exec, node }: Choices, host: string | null): Carrier {
  if (exec !== undefined) {
    if (host !== null) throw new UsageError('--exec', `'${host}' is for ssh, and there is none`);
    if (ssh !== undefined) throw new UsageError('--exec', 'is there instead of --ssh: one of them is enough');
    if (node !== undefined) throw new UsageError('--node', 'is for ssh: --exec names its Node itself');
    return { kind: 'exec', command: exec };
  }
  if (host === null) throw new UsageError('tunnel', `has no host: ${SYNOPSIS}`);
  if (!/^[^\s\p{Cc}]+$/u.test(host)) throw new UsageError('tunnel', `'${host}' is not a host such as user@example.org`);
  return { kind: 'ssh', command: ssh ?? 'ssh', host, node: node ?? null };
}

function networkOf(choices: Choices): Settings {
  const { network, network6, mtu, ipv6, level, rules, searchDomains, dnsHosts, outbound4, outbound6 } = choices;
  const own = { network, network6, mtu, ipv6, level, rules, searchDomains, dnsHosts, outbound4, outbound6 };
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) as Choices;
  try {
    return settings(given, existsSync('/proc/net/if_inet6'));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const [subject = '', ...rest] = error.message.split(': ');
    throw new UsageError(RENAMED[subject] ?? subject, rest.join(': '));
  }
}

function farArgs({ passedOn = [], level }: Choices, { network }: Settings): readonly string[] {
  const { network: cidr, mtu, network6 } = network;
  return [
    `--vnetwork=${cidr}`,
    `--if-mtu=${mtu}`,
    ...(network6 === undefined ? ['--no-ipv6'] : ['--ipv6', `--vprefix6=${network6}`]),
    ...(level === undefined ? [] : level === Level.NONE ? ['--quiet'] : [`--debug=${level}`]),
    ...passedOn,
  ];
}

function routesOf(choices: Choices, network: Settings, isConfined: boolean, hasIpv6: boolean): readonly RouteValue[] {
  const { routes = [], tap } = choices;
  if (isConfined) {
    if (routes.length > 0) throw new UsageError('--route', 'is for this machine: the command has no other network');
    if (tap !== undefined) throw new UsageError('--tap', 'is for this machine: the command has its own');
    return [];
  }
  for (const route of routes) checkRoute(route, network, hasIpv6);
  const unique = new Map(routes.map((route) => [route.cidr, route]));
  return [...unique.values()].filter(({ version }) => version === 4 || hasIpv6);
}

function checkRoute({ cidr, version }: RouteValue, { network }: Settings, hasIpv6: boolean): void {
  const exact = version === 4 ? exact4(cidr) : exact6(cidr);
  if (exact !== cidr) throw new UsageError('--route', `'${cidr}' is not a network of that many bits: ${exact} is`);
  if (version === 6 && cidr !== '::/0' && !hasIpv6) {
    throw new UsageError('--route', `'${cidr}' needs IPv6, and there is none`);
  }
  if (cidr === network.network || cidr === network.network6) {
    throw new UsageError('--route', `'${cidr}' is the network between the machines: --network moves it elsewhere`);
  }
}

function exact4(cidr: string): string {
  const { address, prefix } = parseCidr4(cidr)!;
  return `${format4(address & mask4(prefix))}/${prefix}`;
}

/** As it was given where it is right: an address has many spellings. */
function exact6(cidr: string): string {
  const [address = '', bits = ''] = cidr.split('/');
  const b = new Uint8Array(16);
  parse6(address, b, 0);
  const before = b.slice();
  for (let bit = Number(bits); bit < 128; bit++) b[bit >> 3] = b[bit >> 3]! & ~(0x80 >> (bit & 7));
  return b.every((byte, i) => byte === before[i]) ? cidr : `${format6(b, 0)}/${bits}`;
}

function dnsOf({ tunnelDns }: Choices, routes: readonly RouteValue[], isConfined: boolean): TunnelDns {
  const everything = isConfined || routes.some(({ cidr }) => cidr === '0.0.0.0/0' || cidr === '::/0');
  const dns = tunnelDns ?? (everything ? 'all' : 'off');
  if (isConfined && typeof dns === 'object') {
    throw new UsageError(
      '--dns',
      `'${dns.domains.join()}' is for this machine: a command asks for all names there, or off`,
    );
  }
  return dns;
}
