import type { Command, Option } from 'commander';
import { type CommandRow, pathArguments, takesSeveral } from './command-row.ts';
import { COMMANDS } from './command-table.ts';

export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * A script that completes the words, options and values of `program`; made to be sourced, or put where the shell looks. What the words
 * are is in the script; names of servers and the like it asks of `kurogane complete`. Pure.
 */
export function completionScript(shell: Shell, program: Command): string {
  const rows = new Map(COMMANDS.map((row) => [row.words, row]));
  const known = [...casesOf(program, [], rows)];
  const shared = sharedLines(known.map(([, lines]) => lines));
  const cases = known.map(([path, lines]) => {
    const own = shared.every((one) => lines.includes(one))
      ? lines.filter((one) => !shared.includes(one))
      : null;
    const printed = (own ?? lines).map(quoted).join(' ');
    return `    ${quoted(path)}) ${own === null ? '' : '_kurogane_shared; '}${printed === '' ? '' : `printf '%s\\n' ${printed} `};;`;
  });
  const data = `_kurogane_data() {\n  case "$1" in\n${cases.join('\n')}\n  esac\n}\n`;
  const both = `_kurogane_shared() {\n  printf '%s\\n' ${shared.map(quoted).join(' ')}\n}\n`;
  return `${HEADS[shell]}${both}${data}${COMMON}${ENDS[shell]}`;
}

/** Lines that most commands have: they stand in the script once. */
function sharedLines(known: readonly (readonly string[])[]): string[] {
  const counts = new Map<string, number>();
  for (const one of known.flat()) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > known.length / 2).map(([one]) => one);
}

/** Words of a command so far → what may follow: lines `word|kind|help`. */
function* casesOf(
  command: Command,
  path: readonly string[],
  rows: ReadonlyMap<string, CommandRow>,
): Generator<[string, string[]]> {
  const row = rows.get(path.join(' '));
  const below = command.createHelp().visibleCommands(command);
  const words = below.map((one) => line(one.name(), '>', one.description()));
  const options = command.options.flatMap((option) =>
    [option.long, option.short].flatMap((flag) =>
      typeof flag === 'string' ? [line(flag, optionKind(option, row), option.description)] : [],
    ),
  );
  yield [
    path.join(' '),
    [...words, ...argumentLines(command, row), ...options, line('--help', '', 'show what it takes')],
  ];
  for (const one of below) yield* casesOf(one, [...path, one.name()], rows);
}

const line = (word: string, kind: string, help: string): string =>
  [word, kind, help].map((text) => text.replaceAll('|', '/').replaceAll('\n', ' ')).join('|');

/** The kind of each argument: `1|@server|`. Of the last one there may be several. */
function argumentLines(command: Command, row: CommandRow | undefined): string[] {
  const names = row === undefined ? [] : pathArguments(row.path);
  return command.registeredArguments.map(({ variadic, description }, index) => {
    const name = names[index];
    const file = FILE_ARGUMENT.test(command.registeredArguments[index]?.name() ?? '');
    const kind = name === undefined ? (file ? '@file' : '?') : `@${name}`;
    return line(
      variadic || (row !== undefined && takesSeveral(row)) ? '*' : String(index + 1),
      kind,
      description,
    );
  });
}

const FILE_ARGUMENT = /^(file|recipe)$/;

/** '' a switch, `=a,b` one of these, `@server` a name of such a thing, `?` any value; `+` behind it: several. */
function optionKind(option: Option, row: CommandRow | undefined): string {
  if (!option.required && !option.optional) return '';
  const { of } = row?.options?.find(({ name }) => name.replaceAll('_', '-') === option.name()) ?? {};
  const several = option.variadic ? '+' : '';
  if (of !== undefined) return `@${of}${several}`;
  if (option.argChoices !== undefined) return `=${option.argChoices.join(',')}${several}`;
  if (option.name() === 'column' && row !== undefined) return `=${columnsOf(row).join(',')}`;
  return /<(file|folder)>/.test(option.flags) ? '@file' : `?${several}`;
}

const columnsOf = ({ output }: CommandRow): readonly string[] =>
  'columns' in output && output.columns !== undefined ? output.columns : ['uuid', 'name'];

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** For bash and zsh alike: what may stand there, a line each, with its help after a tab; `@file`: a file. */
const COMMON = `  _kurogane_kind() {
    local name kind about
    while IFS='|' read -r name kind about; do
      [ "$name" = "$2" ] && { printf '%s' "$kind"; return 0; }
    done <<< "$(_kurogane_data "$1")"
    return 1
  }
  _kurogane_values() {
    local kind="\${1%+}" begin="$2" value
    shift 2
    case "$kind" in
      '='*)
        while IFS= read -r value; do
          case "$value" in "$begin"*) printf '%s\\t\\n' "$value" ;; esac
        done <<< "$(printf '%s' "\${kind#'='}" | tr ',' '\\n')"
        ;;
      @file) printf '@file\\t\\n' ;;
      @*) kurogane complete "\${kind#@}" "$begin" "$@" 2> /dev/null ;;
    esac
  }
  _kurogane_words() {
    local begin="$1" at='' next='' value='' word name kind about count=0 first=''
    shift
    for word in "$@"; do
      case "$word" in
        -*) ;;
        *)
          if [ -n "$value" ]; then
            case "$value" in *+) ;; *) value='' ;; esac
            continue
          fi
          ;;
      esac
      value=''
      case "$word" in
        -*=*) ;;
        -*) value="$(_kurogane_kind "$at" "$word")" ;;
        *)
          next="\${at:+$at }$word"
          if [ "$(_kurogane_kind "$at" "$word")" = '>' ]; then at="$next"; count=0; else count=$((count + 1)); first="\${first:-$word}"; fi
          ;;
      esac
    done
    case "$begin" in
      --*=*) _kurogane_values "$(_kurogane_kind "$at" "\${begin%%=*}")" "\${begin#*=}"; return ;;
      -*) ;;
      *) if [ -n "$value" ]; then _kurogane_values "$value" "$begin"; return; fi ;;
    esac
    count=$((count + 1))
    while IFS='|' read -r name kind about; do
      case "$name" in
        "$count" | '*') case "$begin" in -*) ;; *) _kurogane_values "$kind" "$begin" \${first:+"$first"} ;; esac ;;
        [0-9]) ;;
        -*) case "$begin" in -*) case "$name" in "$begin"*) printf '%s\\t%s\\n' "$name" "$about" ;; esac ;; esac ;;
        ?*) case "$name" in "$begin"*) printf '%s\\t%s\\n' "$name" "$about" ;; esac ;;
      esac
    done <<< "$(_kurogane_data "$at")"
  }
`;

const HEADS: Readonly<Record<Shell, string>> = {
  bash: '# Completion of kurogane for bash: source <(kurogane completion bash)\n',
  zsh: '#compdef kurogane\n# Completion of kurogane for zsh: source <(kurogane completion zsh)\n',
};

const ENDS: Readonly<Record<Shell, string>> = {
  // Of "--stage=in" bash makes three words.
  bash: `_kurogane() {
  local begin="\${COMP_WORDS[COMP_CWORD]}" last=$((COMP_CWORD - 1)) name about
  if [ "$begin" = '=' ]; then begin=''; elif [ "\${COMP_WORDS[last]}" = '=' ]; then last=$((last - 1)); fi
  begin="\${begin#[\\'\\"]}"
  COMPREPLY=()
  while IFS=$'\\t' read -r name about; do
    case "$name" in
      '') ;;
      @file) compopt -o filenames 2> /dev/null; while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$begin") ;;
      *) COMPREPLY+=("$(printf '%q' "$name")") ;;
    esac
  done < <(_kurogane_words "\${begin//\\\\ / }" "\${COMP_WORDS[@]:1:last}")
  }
  complete -F _kurogane kurogane
`,
  zsh: `_kurogane() {
  local name about
  local -a found
  while IFS=$'\\t' read -r name about; do
    case "$name" in
      '') ;;
      @file) _files; return ;;
      *) found+=("\${name//:/\\\\:}\${about:+:$about}") ;;
    esac
  done < <(_kurogane_words "\${(Q)PREFIX}" "\${(@Q)words[2,CURRENT-1]}")
  compset -P '--*='
  _describe -t values kurogane found
  }
  if [ "\${funcstack[1]}" = _kurogane ]; then _kurogane "$@"; else compdef _kurogane kurogane; fi
`,
};
