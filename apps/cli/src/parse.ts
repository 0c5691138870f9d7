// Arguments to choices. Every complaint is one line that names the option, what was given, and what is accepted.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Choices, OPTIONS, type Option } from './options.ts';
import { nearest } from './suggest.ts';
import { UsageError } from './usage-error.ts';

/** The tokens of parseArgs() that are of interest here. */
type Token = NonNullable<ReturnType<typeof tokensOf>>[number];
type Given = Extract<Token, { kind: 'option' }>;

/** A table of options, by all of their names. */
export interface Grammar {
  readonly byName: ReadonlyMap<string, Option>;
  readonly config: NonNullable<ParseArgsConfig['options']>;
}

/** Each long option in every spelling is an entry of its own; only the usual one has the short name. */
export function grammarOf(options: readonly Option[]): Grammar {
  const byName = new Map(options.flatMap((option) => spellings(option.long).map((name) => [name, option] as const)));
  const config = Object.fromEntries(
    [...byName].map(([name, { long, short, value, optional }]) => [
      name,
      {
        type: value === undefined || optional === true ? ('boolean' as const) : ('string' as const),
        ...(short !== undefined && name === long ? { short } : {}),
      },
    ]),
  );
  return { byName, config };
}

const USUAL: Grammar = grammarOf(OPTIONS);

/**
 * Reads arguments in their order, the later of two equal options winning. Stops at --help and --version.
 * Throws a UsageError for the first that is wrong.
 */
export function parse(args: readonly string[], grammar: Grammar = USUAL): Choices {
  const choices: Choices = {};
  const tokens = tokensOf(args, grammar);
  for (let i = 0; i < tokens.length && choices.instead === undefined; i++) {
    const token = tokens[i]!;
    if (token.kind === 'positional') throw new UsageError(`'${token.value}'`, 'reslirp takes options only; see --help');
    if (token.kind !== 'option') continue;
    const option = grammar.byName.get(token.name);
    if (option === undefined) throw new UsageError(token.rawName, unknown(token.rawName, grammar));
    const number = option.optional === true && token.value === undefined ? numberAfter(token, tokens[i + 1]) : null;
    if (number !== null) i++;
    apply(option, number ?? token.value, choices);
  }
  return choices;
}

export interface Split {
  readonly own: readonly string[];
  readonly command: readonly string[];
  /** Whether a '--' is between them. */
  readonly marked: boolean;
}

/** Options of our own, up to '--' or to the first word that is none, and the command behind them. */
export function split(args: readonly string[], grammar: Grammar = USUAL): Split {
  const tokens = tokensOf(args, grammar);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind === 'option-terminator')
      return { own: args.slice(0, token.index), command: args.slice(token.index + 1), marked: true };
    if (token.kind === 'positional')
      return { own: args.slice(0, token.index), command: args.slice(token.index), marked: false };
    const option = token.kind === 'option' ? grammar.byName.get(token.name) : undefined;
    if (token.kind === 'option' && option?.optional === true && numberAfter(token, tokens[i + 1]) !== null) i++;
  }
  return { own: args, command: [], marked: false };
}

// The return type is what util.parseArgs() makes of these very arguments
function tokensOf(
  args: readonly string[],
  { config }: Grammar,
): ReturnType<typeof parseArgs<{ strict: false; tokens: true }>>['tokens'] {
  return parseArgs({
    args: [...args],
    options: config,
    strict: false, // its own complaints do not say what is accepted
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

/** The 3 of '-d 3', which looks like a positional, and of '-d3', which looks like an option. */
function numberAfter(token: Given, next: Token | undefined): string | null {
  if (next?.kind === 'positional') return /^\d+$/.test(next.value) ? next.value : null;
  return next?.kind === 'option' && next.index === token.index && /^\d$/.test(next.name) ? next.name : null;
}

function apply(option: Option, value: string | undefined, choices: Choices): void {
  const { long, value: placeholder, optional = false, accepts } = option;
  const subject = `--${long}`;
  if (placeholder === undefined && value !== undefined) {
    throw new UsageError(subject, `'${value}' was given, but it takes no value`);
  }
  if (placeholder !== undefined && value === undefined && !optional) {
    throw new UsageError(subject, `has no value: it needs ${accepts}; --help lists all options`);
  }
  if (!option.take(choices, value ?? '')) throw new UsageError(subject, `'${value}' is not ${accepts}`);
}

function unknown(rawName: string, { byName }: Grammar): string {
  const names = [...byName.values()].map(({ long }) => `--${long}`);
  const like = rawName.startsWith('--') ? nearest(rawName.replaceAll('_', '-'), names) : null;
  return `there is no such option; ${like === null ? '--help lists them all' : `did you mean ${like}?`}`;
}

/** With a hyphen or an underscore at each joint. */
function spellings(long: string): string[] {
  const [first = '', ...rest] = long.split('-');
  return rest.reduce((heads, part) => heads.flatMap((head) => [`${head}-${part}`, `${head}_${part}`]), [first]);
}
