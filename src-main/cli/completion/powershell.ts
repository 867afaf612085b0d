import type { CompletedCommand, CompletedOption } from './tree.ts';

/** Completion for Windows PowerShell 5.1 and PowerShell 7. */
export function powershellCompletion(commands: readonly CompletedCommand[]): string {
  return `# Completion of coto for PowerShell. Load it with: coto completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName coto -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $below = @{
${commands.flatMap(({ path, commands: children, values }) => entry(path, [...children.map(({ name }) => name), ...values])).join('\n')}
  }
  $flags = @{
${commands.flatMap(({ path, options }) => entry(path, flagsOf(options))).join('\n')}
${commands.flatMap(({ path, methods }) => [...(methods?.options ?? [])].flatMap(([id, options]) => entry(`${path}/${id}`, flagsOf(options)))).join('\n')}
  }
  $values = @{
${commands.flatMap(({ path, options }) => valueEntries(path, options)).join('\n')}
${commands.flatMap(({ path, methods }) => [...(methods?.options ?? [])].flatMap(([id, options]) => valueEntries(`${path}/${id}`, options))).join('\n')}
  }
  $methodOf = @{
${commands.flatMap(({ path, methods }) => (methods === null ? [] : [`    '${path}' = '${methods.option}'`])).join('\n')}
  }
  $children = @{
${commands
  .flatMap(({ path, commands: children }) =>
    entry(
      path,
      children.map(({ name }) => name),
    ),
  )
  .join('\n')}
  }
  $at = ''
  $method = ''
  $previous = ''
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  foreach ($word in $words) {
    if ($children[$at] -contains $word) { $at = "$at $word".Trim() }
    if ($methodOf[$at] -and $previous -eq $methodOf[$at]) { $method = $word }
    $previous = $word
  }
  $found = $null
  if ($values.ContainsKey("$at/$method/$previous")) { $found = $values["$at/$method/$previous"] }
  elseif ($values.ContainsKey("$at/$previous")) { $found = $values["$at/$previous"] }
  elseif ($wordToComplete -like '-*') { $found = @($flags[$at]) + @($flags["$at/$method"]) }
  else { $found = $below[$at] }
  $found | Where-Object { $_ -and $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

function entry(key: string, words: readonly string[]): string[] {
  return words.length === 0 ? [] : [`    '${key}' = @(${words.map((word) => `'${word}'`).join(', ')})`];
}

function valueEntries(path: string, options: readonly CompletedOption[]): string[] {
  return options.flatMap(({ flags, values }) => flags.flatMap((flag) => entry(`${path}/${flag}`, values ?? [])));
}

function flagsOf(options: readonly CompletedOption[]): string[] {
  return options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith('--')));
}
