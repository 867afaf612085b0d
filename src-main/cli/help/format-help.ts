import { type Command, Help, type HelpConfiguration } from 'commander';
import { nearestName } from '../../../src-shared/format/nearest-name.ts';
import { optionOf, parameterText } from '../method-options.ts';
import { type HelpGroup, type HelpGroups, helpGroups } from './groups.ts';
import type { Topic } from './topics.ts';

/** A description is at least this wide, also on a narrow terminal. */
const minTextWidth = 20;

/** Layout of every help text: wrapped to the terminal's width, with the parameters of one method at a time. */
export const helpLayout: HelpConfiguration = {
  minWidthToWrap: minTextWidth,
  padWidth: (command, helper) => Math.min(maxTermWidth(helper), Help.prototype.padWidth.call(helper, command, helper)),
  formatItem: (term, termWidth, description, helper) => item(helper, term, termWidth, description),
  formatHelp(command, helper) {
    const all = helpGroups(command);
    const topic = requestedTopic(command, all);
    if (topic !== null) return topicText(command, helper, topic);
    return [
      Help.prototype.formatHelp.call(helper, command, helper),
      ...all.map((one) => indexText(command, one, helper)),
    ].join('\n');
  },
};

/** Full name of a command: "coto study show". */
export function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}

/** Help for one method of a command, or for a list of its methods by the list's heading. */
export function topicText(command: Command, helper: Help, topic: string): string {
  const all = helpGroups(command);
  const listed = all.find(({ heading }) => heading.toLowerCase() === topic.toLowerCase());
  if (listed !== undefined) return listText(command, listed, helper);
  for (const groups of all) {
    const group = groups.groups.find(({ id }) => id === topic);
    if (group !== undefined) return groupText(command, groups, group, helper);
  }
  const known = all.flatMap(({ heading, groups }) => [heading.toLowerCase(), ...groups.map(({ id }) => id)]);
  const meant = nearestName(topic, known);
  return command.error(
    `error: ${commandPath(command)} has no help on "${topic}".${meant === null ? '' : ` Did you mean ${meant}?`}`,
    { exitCode: 2 },
  );
}

/** The subjects of `coto help` with what each is about. */
export function topicsHelp(helper: Help, topics: readonly Topic[]): string {
  return [
    'Subjects (coto help <subject>):',
    ...rows(
      helper,
      topics.map(({ id, summary }) => [id, summary]),
    ),
    '',
    paragraph(
      helper,
      'coto help <command> has the help of a command, e.g. coto help study show. coto help <method> has that of a method, e.g. coto help ties.',
      0,
    ),
    '',
  ].join('\n');
}

export function topicHelp(helper: Help, { id, summary, parts }: Topic): string {
  const texts = parts.map((part) => (typeof part === 'string' ? [paragraph(helper, part, 0)] : rows(helper, part)));
  return [paragraph(helper, `${id}: ${summary}`, 0), ...texts.map((lines) => `\n${lines.join('\n')}`), ''].join('\n');
}

/** The word after --help, or the value of the option that names a method. */
function requestedTopic(command: Command, all: readonly HelpGroups[]): string | null {
  if (all.length === 0) return null;
  const at = command.args.findIndex((word) => word === '--help' || word === '-h');
  const word = command.args.slice(at + 1).find((next) => !next.startsWith('-'));
  if (at >= 0 && word !== undefined) return word;
  for (const { option } of all) {
    const value: unknown = option === null ? undefined : command.getOptionValue(option.replace(/^--/, ''));
    if (typeof value === 'string') return value;
  }
  return null;
}

/** Ids of the groups in columns, below the command's own options. */
function indexText(command: Command, { heading, noun, groups }: HelpGroups, helper: Help): string {
  const path = commandPath(command);
  const example = groups[0]?.id ?? '';
  return [
    `${heading}:`,
    ...columns(
      groups.map(({ id }) => id),
      widthOf(helper) - 2,
    ).map((line) => `  ${line}`),
    paragraph(
      helper,
      `${path} --help ${example} shows the parameters of a ${noun}; ${path} --help ${heading.toLowerCase()} describes each.`,
      2,
    ),
    '',
  ].join('\n');
}

function listText(command: Command, { heading, noun, groups }: HelpGroups, helper: Help): string {
  return [
    paragraph(helper, `${heading} of ${commandPath(command)}:`, 0),
    ...rows(
      helper,
      groups.map(({ id, label, summary }) => [id, `${label}. ${summary}`]),
    ),
    '',
    paragraph(helper, `${commandPath(command)} --help <${noun}> shows the parameters of one.`, 0),
    '',
  ].join('\n');
}

function groupText(command: Command, { noun, option, areOptions }: HelpGroups, group: HelpGroup, helper: Help): string {
  const { id, label, summary, paper, card, parameters } = group;
  const headings = [...new Set(parameters.map((spec) => spec.group ?? ''))];
  const sections = headings.map((title) => {
    const entries = parameters
      .filter((spec) => (spec.group ?? '') === title)
      .map((spec) => [areOptions ? optionOf(spec) : spec.name, parameterText(spec)] as const);
    const main = areOptions ? `Options of ${id}` : `Settings of ${label}`;
    return [`${title === '' ? main : title}:`, ...rows(helper, entries), ''].join('\n');
  });
  return [
    paragraph(helper, `${commandPath(command)}${option === null ? '' : ` ${option} ${id}`}: ${label}`, 0),
    '',
    paragraph(helper, summary, 0),
    ...(paper === undefined ? [] : [paragraph(helper, `Paper: ${paper.title}, ${paper.url}`, 0)]),
    ...(card === undefined ? [] : [paragraph(helper, `Card: docs/${card}.md`, 0)]),
    '',
    ...(parameters.length === 0 ? [`The ${noun} has no parameters.`, ''] : sections),
    paragraph(helper, `The options that every ${noun} has: ${commandPath(command)} --help`, 0),
    '',
  ].join('\n');
}

function rows(helper: Help, entries: readonly (readonly [term: string, description: string])[]): string[] {
  const width = Math.min(maxTermWidth(helper), Math.max(0, ...entries.map(([term]) => term.length)));
  return entries.map(([term, description]) => item(helper, term, width, description));
}

function item(helper: Help, term: string, termWidth: number, description: string): string {
  if (description === '') return `  ${term}`;
  const indent = termWidth + 4;
  const text = wrapped(helper, description, indent);
  const isLong = helper.displayWidth(term) > termWidth;
  const first = isLong ? `${term}\n${' '.repeat(indent)}` : term.padEnd(termWidth + 2);
  return `  ${first}${text}`;
}

function paragraph(helper: Help, text: string, indent: number): string {
  return `${' '.repeat(indent)}${wrapped(helper, text, indent)}`;
}

/** Text of which each further line begins `indent` columns in. */
function wrapped(helper: Help, text: string, indent: number): string {
  return helper
    .boxWrap(text, Math.max(minTextWidth, widthOf(helper) - indent))
    .replaceAll('\n', `\n${' '.repeat(indent)}`);
}

/** Longer terms have their description on the next line. */
function maxTermWidth(helper: Help): number {
  return Math.min(26, Math.floor(widthOf(helper) / 3));
}

function widthOf({ helpWidth }: Help): number {
  return helpWidth ?? 80;
}

/** Words in columns of one width, read from top to bottom. */
function columns(words: readonly string[], width: number): string[] {
  const size = Math.max(...words.map((word) => word.length)) + 2;
  const across = Math.max(1, Math.floor((width + 2) / size));
  const rows = Math.ceil(words.length / across);
  return Array.from({ length: rows }, (_, row) =>
    words
      .filter((_word, index) => index % rows === row)
      .map((word) => word.padEnd(size))
      .join('')
      .trimEnd(),
  );
}
