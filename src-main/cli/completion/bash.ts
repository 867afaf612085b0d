import type { CompletedCommand, CompletedOption } from './tree.ts';

/** Completion for bash 4.4 and later. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  return `# Completion of coto for bash. Load it with: source <(coto completion bash)
_coto() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at= method= words= takes= word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$at/$word" in
${commands.flatMap(({ path, commands: below }) => below.map(({ name }) => `      '${path}/${name}') at="\${at:+$at }$word" ;;`)).join('\n')}
    esac
    case "$at/\${COMP_WORDS[i-1]}" in
${commands.flatMap(({ path, methods }) => (methods === null ? [] : [`      '${path}/${methods.option}') method=$word ;;`])).join('\n')}
    esac
  done
  case "$at/$prev" in
${commands.flatMap(({ path, options }) => valueCases(path, options)).join('\n')}
  esac
  if [[ -z $takes ]]; then
    case "$at/$method/$prev" in
${commands.flatMap(methodValueCases).join('\n')}
    esac
  fi
  if [[ -z $takes ]]; then
    if [[ $cur == -* ]]; then
      case "$at" in
${commands.map(({ path, options }) => `        '${path}') words='${flagsOf(options)}' ;;`).join('\n')}
      esac
      case "$at/$method" in
${commands.flatMap(methodFlagCases).join('\n')}
      esac
    else
      case "$at" in
${commands.flatMap(argumentCases).join('\n')}
      esac
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ \${#COMPREPLY[@]} -gt 0 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -o default -F _coto coto
`;
}

function valueCases(path: string, options: readonly CompletedOption[]): string[] {
  return options.flatMap(({ flags, values }) =>
    values === null ? [] : [`    ${patterns(path, flags)}) takes=1 words='${values.join(' ')}' ;;`],
  );
}

function methodValueCases({ path, methods }: CompletedCommand): string[] {
  return [...(methods?.options ?? [])].flatMap(([id, options]) =>
    options.map(
      ({ flags, values }) =>
        `      ${patterns(`${path}/${id}`, flags)}) takes=1 words='${(values ?? []).join(' ')}' ;;`,
    ),
  );
}

function methodFlagCases({ path, methods }: CompletedCommand): string[] {
  return [...(methods?.options ?? [])].flatMap(([id, options]) =>
    options.length === 0 ? [] : [`        '${path}/${id}') words+=' ${flagsOf(options)}' ;;`],
  );
}

function argumentCases({ path, commands, values }: CompletedCommand): string[] {
  const words = [...commands.map(({ name }) => name), ...values];
  return words.length === 0 ? [] : [`        '${path}') words='${words.join(' ')}' ;;`];
}

function patterns(path: string, flags: readonly string[]): string {
  return flags.map((flag) => `'${path}/${flag}'`).join(' | ');
}

function flagsOf(options: readonly CompletedOption[]): string {
  return options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith('--'))).join(' ');
}
