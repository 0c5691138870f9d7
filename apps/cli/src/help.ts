// The two texts that are made from the table of options.
import { OPTIONS, type Option } from './options.ts';

const HEAD = `Usage: reslirp [OPTION]...

A network for the guest on the cable of standard input and output: Ethernet frames, each after its length
in two bytes, as vde_plug and dpipe have them. Needs no privilege: what the guest sends leaves as sockets of this process.
`;

const FOOT = `ADDR may be +N, counted from the network's address. --opt VALUE and --opt=VALUE are the same, as are
--disable-dns and --disable_dns.

A guest in a network namespace, through a remote host's network:
  dpipe vde_plug tap://tap0 = ssh user@host reslirp
`;

export function helpText(): string {
  const width = Math.max(...OPTIONS.map((option) => left(option).length));
  const groups = [...new Set(OPTIONS.map(({ group }) => group))].map((group) => {
    const lines = OPTIONS.filter((option) => option.group === group).map(
      (option) =>
        `  ${left(option).padEnd(width)}  ${option.help}${option.default === undefined ? '' : ` (${option.default})`}`,
    );
    return `${group}:\n${lines.join('\n')}\n`;
  });
  return [HEAD, ...groups, FOOT].join('\n');
}

/** For the README, in Markdown. */
export function optionTable(): string {
  const rows = OPTIONS.map(({ short, long, value, help, default: initial }) => {
    const names = [...(short === undefined ? [] : [`-${short}`]), `--${long}${value === undefined ? '' : ` ${value}`}`];
    const cells = [names.map((name) => `\`${name}\``).join(', '), initial === undefined ? '' : `\`${initial}\``, help];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| Option | Default | |', '|---|---|---|', ...rows].join('\n');
}

function left({ short, long, value }: Option): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${long}${value === undefined ? '' : ` ${value}`}`;
}
