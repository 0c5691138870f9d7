// The man page, from the table of options and the help's own words (man-pages(7)).
import {
  EXAMPLES,
  EXIT_STATUS,
  NOTES,
  PURPOSE,
  TUNNEL_EXAMPLES,
  TUNNEL_EXIT_STATUS,
  TUNNEL_PURPOSE,
  USAGE,
} from './help.ts';
import { OPTIONS, type Option, TUNNEL_OPTIONS } from './options.ts';

/** reslirp(1). */
export function manPage(): string {
  return [
    '.TH RESLIRP 1 "" reslirp "User Commands"',
    '.SH NAME',
    'reslirp \\- a user-mode network for virtual machines, namespaces and machines behind ssh',
    '.SH SYNOPSIS',
    ...USAGE.flatMap((line, i) => [...(i === 0 ? [] : ['.br']), `.B ${roff(line)}`]),
    '.SH DESCRIPTION',
    ...paragraphs(PURPOSE),
    '.SH OPTIONS',
    ...sections(OPTIONS),
    ...paragraphs(NOTES),
    '.SH RESLIRP TUNNEL',
    ...paragraphs(TUNNEL_PURPOSE),
    ...sections(TUNNEL_OPTIONS),
    ...paragraphs(TUNNEL_EXIT_STATUS),
    '.SH EXIT STATUS',
    ...paragraphs(EXIT_STATUS),
    '.SH EXAMPLES',
    ...[...EXAMPLES, ...TUNNEL_EXAMPLES].flatMap(({ what, line }) => [
      '.PP',
      roff(`${what}:`),
      '.PP',
      '.EX',
      roff(`  ${line}`),
      '.EE',
    ]),
    '.SH SEE ALSO',
    '.BR vde_plug (1),',
    '.BR dpipe (1),',
    '.BR slirp4netns (1),',
    '.BR ssh (1)',
    '',
  ].join('\n');
}

function sections(options: readonly Option[]): readonly string[] {
  return [...new Set(options.map(({ group }) => group))].flatMap((group) => [
    `.SS ${roff(group)}`,
    ...options.filter((option) => option.group === group).flatMap(entry),
  ]);
}

function entry({ short, long, value, optional, help, default: initial }: Option): string[] {
  const names = [...(short === undefined ? [] : [`\\fB\\-${roff(short)}\\fR`]), `\\fB\\-\\-${roff(long)}\\fR`];
  const shown = value === undefined ? '' : `\\fI${roff(value)}\\fR`;
  const after = value === undefined ? '' : optional === true ? ` [${shown}]` : ` ${shown}`;
  const text = `${help}${initial === undefined ? '' : ` (${initial})`}`;
  return ['.TP', `${names.join(', ')}${after}`, roff(text)];
}

function paragraphs(text: string): string[] {
  return text.split('\n\n').flatMap((paragraph) => ['.PP', ...paragraph.split('\n').map(roff)]);
}

/** Text that roff(7) takes as it is. */
function roff(text: string): string {
  const literal = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replaceAll('…', '...');
  return literal.startsWith('.') ? `\\&${literal}` : literal;
}
