// What shells complete after `reslirp`, from the table of options.
import { OPTIONS, type Option } from './options.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completion(shell: Shell): string {
  return { bash, zsh, fish }[shell]();
}

const PATHS = ['FILE', 'DIR', '[WHEN:]FILE'];

/** Words that an option accepts, where it says so: "one of a, b". */
function words({ accepts = '' }: Option): readonly string[] {
  const list = /^one of ([a-z0-9]+(?:, [a-z0-9]+)*)$/.exec(accepts);
  return list === null ? [] : list[1]!.split(', ');
}

function isPath({ value = '' }: Option): boolean {
  return PATHS.includes(value);
}

/** All names, as they are typed. */
function names({ short, long }: Option): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${long}`];
}

function bash(): string {
  const cases = OPTIONS.flatMap((option) => {
    const list = words(option);
    const reply =
      list.length > 0
        ? `COMPREPLY=($(compgen -W '${list.join(' ')}' -- "$word"))`
        : isPath(option)
          ? 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))'
          : 'COMPREPLY=()';
    const takes = option.value !== undefined && option.optional !== true;
    return takes ? [`    ${names(option).map(quoted).join(' | ')}) ${reply}; return ;;`] : [];
  });
  return `# bash completion of reslirp: source this file, or put it in /usr/share/bash-completion/completions
_reslirp() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} i
  if [[ \${COMP_WORDS[1]} == run ]]; then
    for ((i = 2; i < COMP_CWORD; i++)); do
      [[ \${COMP_WORDS[i]} == -- ]] && { COMPREPLY=($(compgen -c -f -- "$word")); return; }
    done
  fi
  case $before in
${cases.join('\n')}
  esac
  if [[ $COMP_CWORD == 1 && $word != -* ]]; then COMPREPLY=($(compgen -W run -- "$word"))
  else COMPREPLY=($(compgen -W '${OPTIONS.map(({ long }) => `--${long}`).join(' ')} --' -- "$word"))
  fi
}
complete -F _reslirp reslirp
`;
}

function zsh(): string {
  const lines = OPTIONS.map((option) => {
    const { value, optional, help } = option;
    const list = words(option);
    const action = list.length > 0 ? `(${list.join(' ')})` : isPath(option) ? '_files' : '';
    const argument = value === undefined || optional === true ? '' : `:${value.replaceAll(/[:[\]\\]/g, '')}:${action}`;
    const spec = `[${help.replaceAll(/[[\]\\]/g, '\\$&')}]${argument}`;
    return names(option)
      .map((name) => `  ${quoted(`*${name}${spec}`)} \\`)
      .join('\n');
  });
  return `#compdef reslirp
# zsh completion of reslirp: a file of a directory in $fpath
_arguments -s \\
${lines.join('\n')}
  '1:command:(run)' '*::command:_normal'
`;
}

function fish(): string {
  const lines = OPTIONS.map((option) => {
    const { short, long, value, optional, help } = option;
    const list = words(option);
    const takes = value !== undefined && optional !== true;
    const argument = list.length > 0 ? ` -a ${quoted(list.join(' '))}` : '';
    const kind = takes ? (isPath(option) ? ' -r -F' : ' -x') : '';
    return `complete -c reslirp${short === undefined ? '' : ` -s ${quoted(short)}`} -l ${long}${kind}${argument} -d ${quoted(help)}`;
  });
  return `# fish completion of reslirp: a file of ~/.config/fish/completions
complete -c reslirp -f
complete -c reslirp -n __fish_use_subcommand -a run -d 'a command in a network of its own'
${lines.join('\n')}
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
