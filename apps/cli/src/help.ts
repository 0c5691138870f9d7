// The help and the README's table, from the table of options.
import { OPTIONS, type Option } from './options.ts';

export const USAGE: readonly string[] = ['reslirp [OPTION]...', 'reslirp run [OPTION]... [--] COMMAND [ARGUMENT]...'];

export const PURPOSE = `A network for the guest on the cable of standard input and output: Ethernet frames, each after its
length in two bytes, as vde_plug and dpipe have them. It needs no privilege: what the guest sends
leaves as sockets of this process.

'run' (Linux) is a guest by itself: COMMAND in a network namespace of its own, with an address, a
route and a resolv.conf, whose only way out is that network. All of it ends with the command.`;

export const NOTES = `ADDR may be +N, counted from the network's address. --opt VALUE and --opt=VALUE are the same, and so
are --disable-dns and --disable_dns. -h is the gateway, as in the original reSLIRP.`;

export const EXIT_STATUS = `Exit status: 0 the guest left, or SIGINT or SIGTERM came; 1 the cable broke; 2 a wrong option.
Of 'run': the command's; 125 there is no network, 126 or 127 the command cannot be run.`;

export const EXAMPLES: readonly { readonly what: string; readonly line: string }[] = [
  {
    what: 'A TAP of this machine in the network of another one',
    line: 'dpipe vde_plug tap://tap0 = ssh user@host reslirp',
  },
  {
    what: 'A command that reaches the network and not this machine',
    line: 'reslirp run --disable-host-loopback -- curl https://example.org/',
  },
];

export function helpText(): string {
  const width = Math.max(...OPTIONS.map((option) => left(option).length));
  const groups = [...new Set(OPTIONS.map(({ group }) => group))].map((group) => {
    const lines = OPTIONS.filter((option) => option.group === group).map(
      (option) =>
        `  ${left(option).padEnd(width)}  ${option.help}${option.default === undefined ? '' : ` (${option.default})`}`,
    );
    return `${group}:\n${lines.join('\n')}\n`;
  });
  const head = `Usage: ${USAGE.join('\n       ')}\n\n${PURPOSE}\n`;
  const examples = EXAMPLES.map(({ what, line }) => `${what}:\n  ${line}\n`);
  return [head, ...groups, `${NOTES}\n`, `${EXIT_STATUS}\n`, ...examples].join('\n');
}

/** For the README, in Markdown. */
export function optionTable(): string {
  const rows = OPTIONS.map((option) => {
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
