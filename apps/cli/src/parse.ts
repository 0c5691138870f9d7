// Arguments to choices. Every complaint is one line that names the option, what was given, and what is accepted.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Choices, OPTIONS, type Option } from './options.ts';
import { nearest } from './suggest.ts';

/** The user asked for something that cannot be. The message is complete, but for the program's name in front. */
export class UsageError extends Error {
  constructor(subject: string, complaint: string) {
    super(`${subject}: ${complaint}`);
    this.name = 'UsageError';
  }
}

/** The tokens of parseArgs() that are of interest here. */
interface Given {
  readonly rawName: string;
  readonly name: string;
  readonly value?: string | undefined;
}

const BY_NAME: ReadonlyMap<string, Option> = new Map(
  OPTIONS.flatMap((option) => spellings(option.long).map((name) => [name, option] as const)),
);

/** Each long option in every spelling is an entry of its own; only the usual one has the short name. */
const GRAMMAR: NonNullable<ParseArgsConfig['options']> = Object.fromEntries(
  [...BY_NAME].map(([name, { long, short, value }]) => [
    name,
    {
      type: value === undefined ? ('boolean' as const) : ('string' as const),
      ...(short !== undefined && name === long ? { short } : {}),
    },
  ]),
);

/**
 * Reads arguments in their order, the later of two equal options winning. Stops at --help and --version.
 * Throws a UsageError for the first that is wrong.
 */
export function parse(args: readonly string[]): Choices {
  const { tokens } = parseArgs({
    args: [...args],
    options: GRAMMAR,
    strict: false, // its own complaints do not say what is accepted
    allowPositionals: true,
    tokens: true,
  });
  const choices: Choices = {};
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`'${token.value}'`, 'reslirp takes options only; see --help');
    if (token.kind === 'option') apply(token, choices);
    if (choices.instead !== undefined) break;
  }
  return choices;
}

function apply({ rawName, name, value }: Given, choices: Choices): void {
  const option = BY_NAME.get(name);
  if (option === undefined) throw new UsageError(rawName, unknown(rawName));
  const subject = `--${option.long}`;
  if (option.value === undefined) {
    if (value !== undefined) throw new UsageError(subject, `'${value}' was given, but it takes no value`);
    option.take(choices, '');
  } else if (value === undefined) throw new UsageError(subject, `has no value: it needs ${option.accepts}`);
  else if (!option.take(choices, value)) throw new UsageError(subject, `'${value}' is not ${option.accepts}`);
}

function unknown(rawName: string): string {
  const like = rawName.startsWith('--')
    ? nearest(
        rawName,
        [...BY_NAME.keys()].map((name) => `--${name}`),
      )
    : null;
  return `there is no such option; ${like === null ? '--help lists them all' : `did you mean ${like}?`}`;
}

function spellings(long: string): string[] {
  return [...new Set([long, long.replaceAll('-', '_')])];
}
