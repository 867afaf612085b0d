import { Command, CommanderError, Option } from 'commander';
import { type ErrorValue, toErrorValue } from '../../src-shared/contract/errors.ts';
import { type Answer, type CommandContext, commonHeading, UsageError } from './command.ts';
import { commands } from './commands/index.ts';
import { exitCodes } from './exit-codes.ts';
import { toJson } from './format.ts';
import { commandPath, helpLayout } from './help/format-help.ts';
import { helpGroups } from './help/groups.ts';
import { packageVersion } from './package-version.ts';
import type { Terminal } from './terminal.ts';

/** Runs `coto` with `argv` (without node and script) and returns the exit code. Standard output carries the answer only. */
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
      code = answer.code ?? exitCodes.done.code;
    },
  };
  try {
    await program(context).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (thrown) {
    // Commander has said what is wrong already; help and --version end so too.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done.code : exitCodes.usage.code;
    const isUsage = thrown instanceof UsageError;
    const error = toErrorValue(isUsage ? thrown.cause : thrown);
    const { message, hint } = error;
    terminal.report(`coto: ${oneLine(withField(error))}\n`);
    if (environment['COTO_DEBUG'] && error.details !== null) terminal.report(`${error.details}\n`);
    if (asJson) {
      const { code, field } = error;
      terminal.write(toJson({ error: { code, message, hint, ...(field ? { field } : {}) } }));
    }
    if (isUsage) return exitCodes.usage.code;
    return error.code === 'cancelled' ? exitCodes.interrupted.code : exitCodes.failed.code;
  }
}

function program(context: CommandContext): Command {
  const { terminal } = context;
  const root = new Command('coto')
    .description('Fine-tune, merge and prune LoRA adapters with the CoTo schedule, offline.')
    .version(packageVersion())
    .showHelpAfterError('(coto --help lists the commands)')
    .helpCommand(false)
    .exitOverride()
    .configureHelp(helpLayout)
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.report(text),
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
    });
  for (const add of commands) add(root, context);
  inherit(root);
  return root;
}

/** Subcommands that were added by `command()` copy these settings, but only as they stood then. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    child.showHelpAfterError(`(${commandPath(child)} --help lists its options)`);
    const hasTopics = helpGroups(child).length > 0;
    const help = new Option(
      hasTopics ? '-h, --help [topic]' : '-h, --help',
      hasTopics ? 'show this help, or that of an entry of the lists below' : 'show this help',
    );
    child.addHelpOption(help.helpGroup(commonHeading));
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
