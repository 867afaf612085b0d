import { Command, CommanderError } from 'commander';
import { type ErrorValue, StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import type { Answer, CommandContext } from './command.ts';
import { commands } from './commands/index.ts';
import { toJson } from './format.ts';
import { packageVersion } from './package-version.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs `coto` with `argv` (without node and script) and answers the exit code: 0 when done, 1 on an error, 2 on a wrong
 * command line, 130 when interrupted. Standard output carries the answer only.
 */
export async function main(
  argv: readonly string[],
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  let asJson = false;
  let code = 0;
  const context: CommandContext = {
    terminal,
    environment,
    begin(json) {
      asJson = json;
    },
    answer(answer: Answer) {
      if (!asJson) terminal.write(answer.text);
      else if (answer.json !== undefined) terminal.write(toJson(answer.json));
      code = answer.code ?? 0;
    },
  };
  try {
    await program(context).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (thrown) {
    // Commander has said what is wrong already; help and --version end so too.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const error = toErrorValue(thrown);
    const { message, hint } = error;
    terminal.report(`coto: ${oneLine(withField(error))}\n`);
    if (environment['COTO_DEBUG'] && error.details !== null) terminal.report(`${error.details}\n`);
    if (asJson) {
      const { code, field } = error;
      terminal.write(toJson({ error: { code, message, hint, ...(field ? { field } : {}) } }));
    }
    return thrown instanceof StudioError && thrown.code === 'cancelled' ? 130 : 1;
  }
}

function program(context: CommandContext): Command {
  const { terminal } = context;
  const root = new Command('coto')
    .description('Fine-tune, merge and prune LoRA adapters with the CoTo schedule, offline.')
    .version(packageVersion())
    .showHelpAfterError('(coto --help lists the commands and options)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.write(text), writeErr: (text) => terminal.report(text) });
  for (const add of commands) add(root, context);
  inherit(root);
  return root;
}

/** Subcommands that were added by `command()` copy these settings, but only as they stood then. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}

/** The sentence and the hint, after the key that they are about, unless the sentence names it. A model or a path is evident. */
function withField({ message, hint, field }: ErrorValue): string {
  const text = hint === null ? message : `${message} ${hint}`;
  if (!field || !/[._]/.test(field) || message.includes(field.slice(field.lastIndexOf('.') + 1))) return text;
  return `${field}: ${text}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}
