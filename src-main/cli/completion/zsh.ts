import type { CompletedCommand, CompletedOption } from './tree.ts';

/** Completion for zsh, with descriptions. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `#compdef coto
# Completion of coto for zsh. Load it with: source <(coto completion zsh)
# or save it as _coto in a folder of $fpath.
_coto() {
  local at='' method='' word='' takes='' i
  local previous=\${words[CURRENT-1]}
  local -a found values
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    case "$at/$word" in
${commands.flatMap(({ path, commands: below }) => below.map(({ name }) => `      '${path}/${name}') at="\${at:+$at }$word" ;;`)).join('\n')}
    esac
    case "$at/\${words[i-1]}" in
${commands.flatMap(({ path, methods }) => (methods === null ? [] : [`      '${path}/${methods.option}') method=$word ;;`])).join('\n')}
    esac
  done
  case "$at/$previous" in
${commands.flatMap(({ path, options }) => valueCases(path, options)).join('\n')}
  esac
  case "$at/$method/$previous" in
${commands.flatMap(({ path, methods }) => [...(methods?.options ?? [])].flatMap(([id, options]) => valueCases(`${path}/${id}`, options))).join('\n')}
  esac
  if [[ -n $takes ]]; then
    if (( $#values )); then compadd -S '' -a values; else _files; fi
    return
  fi
  if [[ $PREFIX == -* ]]; then
    case "$at" in
${commands.map(({ path, options }) => `      '${path}') found=(${described(options)}) ;;`).join('\n')}
    esac
    case "$at/$method" in
${commands.flatMap(({ path, methods }) => [...(methods?.options ?? [])].map(([id, options]) => `      '${path}/${id}') found+=(${described(options)}) ;;`)).join('\n')}
    esac
    _describe -o option found
    return
  fi
  case "$at" in
${commands.flatMap(argumentCases).join('\n')}
  esac
  if (( $#found )); then _describe command found; else _files; fi
}
if [[ \${funcstack[1]} == _coto ]]; then _coto "$@"; else compdef _coto coto; fi
`;
}

function valueCases(path: string, options: readonly CompletedOption[]): string[] {
  return options.flatMap(({ flags, values }) => {
    if (values === null) return [];
    const patterns = flags.map((flag) => `'${path}/${flag}'`).join(' | ');
    return [`    ${patterns}) takes=1 values=(${values.map((value) => `'${value}'`).join(' ')}) ;;`];
  });
}

function argumentCases({ path, commands, values }: CompletedCommand): string[] {
  const words = [
    ...commands.map(({ name, summary }) => `'${name}:${summary}'`),
    ...values.map((value) => `'${value}'`),
  ];
  return words.length === 0 ? [] : [`    '${path}') found=(${words.join(' ')}) ;;`];
}

function described(options: readonly CompletedOption[]): string {
  return options
    .flatMap(({ flags, summary }) =>
      flags.filter((flag) => flag.startsWith('--')).map((flag) => `'${flag}:${summary}'`),
    )
    .join(' ');
}
