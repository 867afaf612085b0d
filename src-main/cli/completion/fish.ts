import type { CompletedCommand, CompletedOption } from './tree.ts';

/** Completion for fish 3 and later, with descriptions. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  return `# Completion of coto for fish. Save it as ~/.config/fish/completions/coto.fish
function __coto_at --description 'Words of the command that is being written'
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at/$word"
      case ${commands.flatMap(({ path, commands: below }) => below.map(({ name }) => `'${path}/${name}'`)).join(' ')}
        set at (string trim "$at $word")
    end
  end
  echo "$at"
end
function __coto_is --argument-names at
  test (__coto_at) = "$at"
end
function __coto_has --argument-names at option method
  set -l words (commandline -opc)
  set -l index (contains -i -- $option $words); or return
  set -l value $words[(math $index + 1)]
  test (__coto_at) = "$at" -a "$value" = "$method"
end
complete -c coto -f
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, values, options, methods }: CompletedCommand): string[] {
  const here = `-n "__coto_is '${path}'"`;
  const words = [
    ...commands.map(({ name, summary }) => `complete -c coto ${here} -a '${name}' -d '${summary}'`),
    ...(values.length === 0 ? [] : [`complete -c coto ${here} -a '${values.join(' ')}'`]),
    ...(commands.length + values.length === 0 ? [`complete -c coto ${here} -F`] : []),
  ];
  const ofMethods = [...(methods?.options ?? [])].flatMap(([id, own]) =>
    own.map((option) => optionLine(`-n "__coto_has '${path}' ${methods?.option ?? ''} ${id}"`, option)),
  );
  return [...words, ...options.map((option) => optionLine(here, option)), ...ofMethods];
}

function optionLine(condition: string, { flags, summary, values }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
  const takes = values === null ? '' : values.length === 0 ? ' -r -F' : ` -x -a '${values.join(' ')}'`;
  return `complete -c coto ${condition} ${names} -d '${summary}'${takes}`;
}
