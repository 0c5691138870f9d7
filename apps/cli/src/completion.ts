// What shells complete after `reslirp`, from the tables of options.
import { OPTIONS, type Option, TUNNEL_OPTIONS } from './options.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completion(shell: Shell): string {
  return { bash, zsh, fish }[shell]();
}

const PATHS = ['FILE', 'DIR', '[WHEN:]FILE'];

/** Words that an option accepts, where it says so: "one of a, b". */
function words({ accepts = '' }: Option): readonly string[] {
  const choice = /^one of ([a-z0-9]+(?:, [a-z0-9]+)*)$/.exec(accepts);
  return choice === null ? [] : choice[1]!.split(', ');
}

function isPath({ value = '' }: Option): boolean {
  return PATHS.includes(value);
}

/** All names, as they are typed. */
function names({ short, long }: Option): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${long}`];
}

/** Those of `reslirp tunnel` that are not among the others, by name. */
const TUNNEL_ONLY: readonly Option[] = TUNNEL_OPTIONS.filter(
  ({ long }) => !OPTIONS.some((other) => other.long === long),
);

function list(options: readonly Option[]): string {
  return options.map(({ long }) => `--${long}`).join(' ');
}

function bash(): string {
  const cases = [...OPTIONS, ...TUNNEL_ONLY].flatMap((option) => {
    const choice = words(option);
    const reply =
      choice.length > 0
        ? `COMPREPLY=($(compgen -W '${choice.join(' ')}' -- "$word"))`
        : isPath(option)
          ? 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))'
          : 'COMPREPLY=()';
    const takes = option.value !== undefined && option.optional !== true;
    return takes ? [`    ${names(option).map(quoted).join(' | ')}) ${reply}; return ;;`] : [];
  });
  return `# bash completion of reslirp: source this file, or put it in /usr/share/bash-completion/completions
_reslirp() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} i
  if [[ \${COMP_WORDS[1]} == run || \${COMP_WORDS[1]} == tunnel ]]; then
    for ((i = 2; i < COMP_CWORD; i++)); do
      [[ \${COMP_WORDS[i]} == -- ]] && { COMPREPLY=($(compgen -c -f -- "$word")); return; }
    done
  fi
  case $before in
${cases.join('\n')}
  esac
  if [[ $COMP_CWORD == 1 && $word != -* ]]; then COMPREPLY=($(compgen -W 'run tunnel' -- "$word"))
  elif [[ \${COMP_WORDS[1]} != tunnel ]]; then COMPREPLY=($(compgen -W '${list(OPTIONS)} --' -- "$word"))
  elif [[ $word == -* ]]; then COMPREPLY=($(compgen -W '${list(TUNNEL_OPTIONS)} --' -- "$word"))
  else COMPREPLY=($(compgen -A hostname -- "$word"))
  fi
}
complete -F _reslirp reslirp
`;
}

function zsh(): string {
  return `#compdef reslirp
# zsh completion of reslirp: a file of a directory in $fpath
if [[ \${words[2]} == tunnel ]]; then
  shift words
  ((CURRENT--))
  _arguments -s \\
${zshLines(TUNNEL_OPTIONS)}
    '1:host:_hosts' '*::command:_normal'
  return
fi
_arguments -s \\
${zshLines(OPTIONS)}
  '1:command:(run tunnel)' '*::command:_normal'
`;
}

function zshLines(options: readonly Option[]): string {
  const lines = options.map((option) => {
    const { value, optional, help } = option;
    const choice = words(option);
    const action = choice.length > 0 ? `(${choice.join(' ')})` : isPath(option) ? '_files' : '';
    const argument = value === undefined || optional === true ? '' : `:${value.replaceAll(/[:[\]\\]/g, '')}:${action}`;
    const spec = `[${help.replaceAll(/[[\]\\]/g, '\\$&')}]${argument}`;
    return names(option)
      .map((name) => `  ${quoted(`*${name}${spec}`)} \\`)
      .join('\n');
  });
  return lines.join('\n');
}

function fish(): string {
  return `# fish completion of reslirp: a file of ~/.config/fish/completions
complete -c reslirp -f
complete -c reslirp -n __fish_use_subcommand -a run -d 'a command in a network of its own'
complete -c reslirp -n __fish_use_subcommand -a tunnel -d 'the network of another machine, over ssh'
complete -c reslirp -n '__fish_seen_subcommand_from tunnel' -a '(__fish_complete_user_at_hosts)'
${fishLines(OPTIONS, "'not __fish_seen_subcommand_from tunnel'")}
${fishLines(TUNNEL_OPTIONS, "'__fish_seen_subcommand_from tunnel'")}
`;
}

function fishLines(options: readonly Option[], when: string): string {
  const lines = options.map((option) => {
    const { short, long, value, optional, help } = option;
    const choice = words(option);
    const takes = value !== undefined && optional !== true;
    const argument = choice.length > 0 ? ` -a ${quoted(choice.join(' '))}` : '';
    const kind = takes ? (isPath(option) ? ' -r -F' : ' -x') : '';
    const name = `${short === undefined ? '' : ` -s ${quoted(short)}`} -l ${long}`;
    return `complete -c reslirp -n ${when}${name}${kind}${argument} -d ${quoted(help)}`;
  });
  return lines.join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
