import type { Command, Option } from 'commander';
import { type HelpGroups, helpGroups } from '../help/groups.ts';
import { topics } from '../help/topics.ts';
import { optionOf, parameterText } from '../method-options.ts';

/** An option, with the values that a shell can offer after it. */
export interface CompletedOption {
  readonly flags: readonly string[];
  readonly summary: string;
  /** Null: the option takes no value. Empty: a value that only the user knows, perhaps a path. */
  readonly values: readonly string[] | null;
}

/** A command as a shell completes it. */
export interface CompletedCommand {
  /** Words after `coto`, e.g. "study show"; empty for coto itself. */
  readonly path: string;
  readonly summary: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  /** Values of the arguments; empty where only the user knows them. */
  readonly values: readonly string[];
  readonly options: readonly CompletedOption[];
  /** The option that names a method, with the options of each method. */
  readonly methods: {
    readonly option: string;
    readonly options: ReadonlyMap<string, readonly CompletedOption[]>;
  } | null;
}

/** Every command below `root`, root first. */
export function completedCommands(root: Command): CompletedCommand[] {
  return [completed(root, ''), ...root.commands.flatMap((child) => below(child, child.name()))];
}

function below(command: Command, path: string): CompletedCommand[] {
  return [completed(command, path), ...command.commands.flatMap((child) => below(child, `${path} ${child.name()}`))];
}

function completed(command: Command, path: string): CompletedCommand {
  const all = helpGroups(command);
  const named = all.find(({ option }) => option !== null);
  const topicIds = all.flatMap(({ heading, groups }) => [heading.toLowerCase(), ...groups.map(({ id }) => id)]);
  return {
    path,
    summary: firstClause(command.description()),
    commands: command.commands.map((child) => ({ name: child.name(), summary: firstClause(child.description()) })),
    values: path === 'help' ? helpValues(command) : command.registeredArguments.flatMap((one) => one.argChoices ?? []),
    options: [
      ...command.options.filter(({ hidden }) => !hidden).map((option) => completedOption(option, all)),
      { flags: ['--help'], summary: 'show help', values: topicIds.length === 0 ? null : topicIds },
    ],
    methods:
      named?.option == null
        ? null
        : {
            option: named.option,
            options: new Map(named.groups.map(({ id, parameters }) => [id, parameters.map(parameterOption)])),
          },
  };
}

function completedOption(option: Option, all: readonly HelpGroups[]): CompletedOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const summary = firstClause(option.description);
  if (!option.required && !option.optional) return { flags, summary, values: null };
  const named = all.find((groups) => groups.option === option.long);
  const keys = all.filter(({ areOptions }) => !areOptions).flatMap(({ groups }) => groups.flatMap(keysOf));
  const values = option.long === '--set' ? [...new Set(keys)] : named?.groups.map(({ id }) => id);
  return { flags, summary, values: values ?? option.argChoices ?? listedValues(option.flags) };
}

function keysOf({ parameters }: HelpGroups['groups'][number]): string[] {
  return parameters.map(({ name }) => `${name}=`);
}

function parameterOption(spec: HelpGroups['groups'][number]['parameters'][number]): CompletedOption {
  const flags = optionOf(spec);
  return {
    flags: [flags.slice(0, flags.indexOf(' '))],
    summary: firstClause(parameterText(spec)),
    values: spec.type === 'boolean' ? ['true', 'false'] : (spec.choices ?? []).map(({ value }) => value),
  };
}

/** Values that the flags list: "--third <low|middle|high>". */
function listedValues(flags: string): string[] {
  const listed = /<([^<>]*\|[^<>]*)>/.exec(flags)?.[1];
  return listed?.split('|') ?? [];
}

/** Words that `coto help` takes first: subjects and commands. */
function helpValues({ parent }: Command): string[] {
  return ['topics', ...topics.map(({ id }) => id), ...(parent?.commands ?? []).map((one) => one.name())];
}

/** The part of a text before its first full stop, colon or bracket: what fits beside a word in a list. */
function firstClause(text: string): string {
  return (text.split(/[.:;(\n]/)[0] ?? '').trim().replaceAll(/['"`$\\|<>]/g, '');
}
