import { Argument, type Command } from 'commander';
import { z } from 'zod';
import { addCommand, type CommandContext } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { powershellCompletion } from '../completion/powershell.ts';
import { completedCommands } from '../completion/tree.ts';
import { zshCompletion } from '../completion/zsh.ts';

const shells = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
};
const shellSchema = z.enum(['bash', 'zsh', 'fish', 'powershell']);

export function addCompletionCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'completion',
    summary: 'print a script that completes commands, options, methods and settings in a shell',
    options: (command) =>
      void command
        .addArgument(new Argument('<shell>', 'the shell').choices(shellSchema.options))
        .addHelpText(
          'after',
          [
            '\nExamples:',
            '  source <(coto completion bash)        in ~/.bashrc',
            '  source <(coto completion zsh)         in ~/.zshrc, after compinit',
            '  coto completion fish > ~/.config/fish/completions/coto.fish',
            '  coto completion powershell | Out-String | Invoke-Expression\n',
          ].join('\n'),
        ),
    input: z.object({ shell: shellSchema }),
    async run({ shell }) {
      const script = shells[shell](completedCommands(parent));
      return { json: { shell, script }, text: script };
    },
  });
}
