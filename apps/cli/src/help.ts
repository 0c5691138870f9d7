// The help and the README's table, from the table of options.
import { OPTIONS, type Option, TUNNEL_OPTIONS } from './options.ts';

const TUNNEL_USAGE = 'reslirp tunnel [OPTION]... [USER@]HOST [-- COMMAND...]';

export const USAGE: readonly string[] = [
  'reslirp [OPTION]...',
  'reslirp run [OPTION]... [--] COMMAND [ARGUMENT]...',
  TUNNEL_USAGE,
];

export const PURPOSE = `A network for the guest on the cable of standard input and output: Ethernet frames, each after its
length in two bytes, as vde_plug and dpipe have them. It needs no privilege: what the guest sends
leaves as sockets of this process.

'run' (Linux) is a guest by itself: COMMAND in a network namespace of its own, with an address, a
route and a resolv.conf, whose only way out is that network. All of it ends with the command.

'tunnel' (Linux) brings the network of another machine here, over ssh. Its options are its own:
reslirp tunnel --help.`;

export const TUNNEL_PURPOSE = `The network of HOST, over ssh: nothing is installed there but Node 20 or later, and nothing is
written. What goes into the tunnel leaves HOST as sockets of that user.

Without COMMAND it is this machine's, which takes root or CAP_NET_ADMIN: an interface, and chosen
networks and names that go by it. Under sudo, ssh is that of the user who called it. With COMMAND
it is that command's alone, in a network namespace of its own, and takes no privilege.

When ssh ends it is started again, after 1 s to 30 s. The interface and the routes stay meanwhile;
connections of TCP that were open are reset then.`;

export const TUNNEL_EXIT_STATUS = `Exit status: 0 SIGINT, SIGTERM or SIGHUP came; 1 there is no connection, or no more; 2 a wrong
option. With COMMAND: the command's; 125 there is no network, 126 or 127 the command cannot be run.`;

export const TUNNEL_EXAMPLES: readonly { readonly what: string; readonly line: string }[] = [
  {
    what: 'Two networks and a domain',
    line: 'sudo reslirp tunnel --route 10.1.0.0/16,10.7.0.0/24 --dns corp.example user@host',
  },
  { what: 'Everything', line: 'sudo reslirp tunnel --route all user@host' },
  { what: 'One command, as any user', line: 'reslirp tunnel user@host -- curl http://intranet/' },
  {
    what: 'From WSL to what Windows reaches, a VPN included',
    line: `sudo reslirp tunnel --route all --exec "'$(command -v node.exe)'"`,
  },
];

export const NOTES = `ADDR may be +N, counted from the network's address. --opt VALUE and --opt=VALUE are the same, and so
are --disable-dns and --disable_dns. -h is the gateway, as in the original reSLIRP.`;

export const EXIT_STATUS = `Exit status: 0 the guest left, or SIGINT or SIGTERM came; 1 the cable broke; 2 a wrong option.
Of 'run': the command's; 125 there is no network, 126 or 127 the command cannot be run.`;

export const EXAMPLES: readonly { readonly what: string; readonly line: string }[] = [
  {
    what: 'A namespace of this machine in the network of another one',
    line: 'dpipe ip netns exec box vde_plug tap://tap0 = ssh user@host reslirp',
  },
  {
    what: 'A command that reaches the network and not this machine',
    line: 'reslirp run --disable-host-loopback -- curl https://example.org/',
  },
];

export function helpText(): string {
  return text(OPTIONS, USAGE, PURPOSE, `${NOTES}\n\n${EXIT_STATUS}`, EXAMPLES);
}

/** Of `reslirp tunnel`. */
export function tunnelHelp(): string {
  return text(TUNNEL_OPTIONS, [TUNNEL_USAGE], TUNNEL_PURPOSE, TUNNEL_EXIT_STATUS, TUNNEL_EXAMPLES);
}

function text(
  options: readonly Option[],
  usage: readonly string[],
  purpose: string,
  notes: string,
  shown: typeof EXAMPLES,
): string {
  const width = Math.max(...options.map((option) => left(option).length));
  const groups = [...new Set(options.map(({ group }) => group))].map((group) => {
    const lines = options
      .filter((option) => option.group === group)
      .map(
        (option) =>
          `  ${left(option).padEnd(width)}  ${option.help}${option.default === undefined ? '' : ` (${option.default})`}`,
      );
    return `${group}:\n${lines.join('\n')}\n`;
  });
  const head = `Usage: ${usage.join('\n       ')}\n\n${purpose}\n`;
  const examples = shown.map(({ what, line }) => `${what}:\n  ${line}\n`);
  return [head, ...groups, `${notes}\n`, ...examples].join('\n');
}

/** For the README, in Markdown. */
export function optionTable(options: readonly Option[] = OPTIONS): string {
  const rows = options.map((option) => {
    const { short, long, help, default: initial } = option;
    const names = [...(short === undefined ? [] : [`-${short}`]), `--${long}${placeholder(option)}`];
    return [
      names.map((name) => `\`${name}\``).join(', '),
      initial === undefined ? '' : `\`${initial}\``,
      help.replaceAll('|', '\\|'),
    ];
  });
  const table = [['Option', 'Default', ''], ...rows];
  const widths = [0, 1, 2].map((i) => Math.max(...table.map((row) => row[i]!.length)));
  const lines = table.map((row) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function left(option: Option): string {
  const { short, long } = option;
  return `${short === undefined ? '    ' : `-${short}, `}--${long}${placeholder(option)}`;
}

function placeholder({ value, optional = false }: Option): string {
  if (value === undefined) return '';
  return optional ? ` [${value}]` : ` ${value}`;
}
