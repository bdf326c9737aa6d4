import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that completes the words and options of `program`; made to be sourced, or put where the shell looks. Pure. */
export function completionScript(shell: Shell, program: Command): string {
  const known = [...wordsOf(program, [])];
  const cases = known.map(([path, words]) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n');
  const paths = known.flatMap(([path]) => (path === '' ? [] : [`'${path}'`])).join(' | ');
  const head = shell === 'zsh' ? '#compdef kurogane\nautoload -U +X bashcompinit && bashcompinit\n' : '';
  // Words that are no commands are arguments.
  return `${head}  _kurogane() {
    local path='' word words='' i
    for ((i = 1; i < COMP_CWORD; i++)); do
      word=\${COMP_WORDS[i]}
      case "$word" in
        -*) ;;
        *) _kurogane_knows "$path $word" && path="$path $word" ;;
      esac
    done
    case "\${path# }" in
${cases}
    esac
    COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  }
  _kurogane_knows() {
    case "\${1# }" in
      ${paths}) return 0 ;;
    esac
    return 1
  }
  complete -F _kurogane kurogane
`;
}

/** Words of a command so far → what may follow. */
function* wordsOf(command: Command, path: readonly string[]): Generator<[string, string[]]> {
  const options = command.options.flatMap(({ long, short }) =>
    [long, short].filter((flag) => typeof flag === 'string'),
  );
  const below = command.commands.map((one) => one.name());
  yield [path.join(' '), [...below, ...options]];
  for (const one of command.commands) yield* wordsOf(one, [...path, one.name()]);
}
