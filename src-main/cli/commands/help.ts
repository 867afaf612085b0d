import type { Command, Help } from 'commander';
import { nearestName } from '../../../src-shared/format/nearest-name.ts';
import type { CommandContext } from '../command.ts';
import { commandPath, topicHelp, topicsHelp, topicText } from '../help/format-help.ts';
import { helpGroups } from '../help/groups.ts';
import { topics } from '../help/topics.ts';

export function addHelpCommand(parent: Command, { terminal }: CommandContext): void {
  const command = parent
    .command('help [topic...]')
    .description('help on a command, on one of its methods, or on a subject: coto help merge ties, coto help topics')
    .action((words: string[]) => terminal.write(helpText(command, parent, words)));
}

/** Help for a path of commands, followed by an entry of its lists; else for a subject, or for an entry of any command. */
function helpText(own: Command, root: Command, words: readonly string[]): string {
  let command = root;
  let rest = [...words];
  for (let next = childOf(command, rest[0]); next !== undefined; next = childOf(command, rest[0])) {
    command = next;
    rest = rest.slice(1);
  }
  const [word] = rest;
  const helper = helperOf(own);
  if (word === undefined) return command.helpInformation();
  if (command !== root) return topicText(command, helper, word);
  if (word === 'topics') return topicsHelp(helper, topics);
  const topic = topics.find(({ id }) => id === word);
  if (topic !== undefined) return topicHelp(helper, topic);
  const owners = descendants(root).filter((one) => idsOf(one).includes(word));
  if (owners.length > 0) return owners.map((owner) => topicText(owner, helper, word)).join('\n');
  const known = [
    ...topics.map(({ id }) => id),
    ...root.commands.map((one) => one.name()),
    ...descendants(root).flatMap(idsOf),
  ];
  const meant = nearestName(word, known);
  const question = meant === null ? '' : ` Did you mean ${meant}?`;
  return own.error(`error: there is no help on "${word}".${question} ${commandPath(own)} topics lists the subjects.`, {
    exitCode: 2,
  });
}

function childOf(command: Command, name: string | undefined): Command | undefined {
  return command.commands.find((child) => child.name() === name);
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}

function idsOf(command: Command): string[] {
  return helpGroups(command).flatMap(({ groups }) => groups.map(({ id }) => id));
}

function helperOf(command: Command): Help {
  const helper = command.createHelp();
  helper.prepareContext({ helpWidth: command.configureOutput().getOutHelpWidth?.() ?? 80 });
  return helper;
}
