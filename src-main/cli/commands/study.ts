import type { Command } from 'commander';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import type { StudyWords } from '../../../src-shared/studies/define-study.ts';
import { type StudyConfig, studyConfigSchema, studyKind, studyKinds } from '../../../src-shared/studies/index.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { followJob, jobResult } from '../follow.ts';
import { formatTable } from '../format.ts';
import { settingsHelp } from '../method-options.ts';
import { findAdapter, findDataset, findModel } from '../references.ts';
import type { StudioClient } from '../studio.ts';
import type { Terminal } from '../terminal.ts';
import { tunedText } from '../tuned-text.ts';
import { readYamlFile } from '../yaml-file.ts';

const kindsText = studyKinds.flatMap(({ kind, formerKinds }) => [kind, ...formerKinds]).join(', ');

export function addStudyCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'study <file>',
    summary: `run a study as a YAML file says (kind: ${kindsText}); adapters by id, name, run or folder. What is trained and scored already is not repeated`,
    options: (command) =>
      void command
        .option('--name <name>', 'what to call it (the file may say it too: name)')
        .option('--report', 'also write a report of it, with its figures')
        .addHelpText(
          'after',
          settingsHelp(
            studyKinds.map(({ declaration: { id, label, parameters } }) => [`${label} (kind: ${id})`, parameters]),
          ),
        ),
    input: z.object({ file: z.string(), name: z.string().optional(), report: z.boolean().default(false) }),
    async run({ file, name: given, report }, { terminal, withStudio }) {
      const { name: own, ...value } = studyFile(file, await readYamlFile(file));
      const name = given ?? own;
      return withStudio(async (client) => {
        const config = await resolveConfig(client, file, value, terminal);
        const { study, job } = await client.request('studies.create', {
          config,
          ...(name === undefined ? {} : { name }),
        });
        const ended = await followJob(client, job, terminal, {
          interrupt: (running) => client.request('jobs.pause', { id: running.id }),
          interruptText: 'Saving after this step … (Ctrl+C again to end at once)',
        });
        if (ended.status === 'paused')
          return { json: study, text: 'Paused. The same command resumes it.\n', code: 130 };
        const done = await client.request('studies.get', { id: study.id });
        if (done.result === null) throw new StudioError('internal', 'The study left no result.');
        const tuned = await client.request('studies.tuned', { studyId: done.id });
        const written = report ? await writeReport(client, done, terminal) : null;
        return {
          json: { ...done, tuned, ...(written === null ? {} : { report: written }) },
          text: [
            `study  ${done.id}\n\n`,
            studyText(done, await studyWords(client)),
            tunedText(tuned),
            written === null ? '' : `\nreport  ${written}\n`,
          ].join(''),
        };
      });
    },
  });
}

/** What a study's file says: its kind, perhaps a name, and what the kind needs. */
function studyFile(file: string, value: unknown): { name?: string | undefined; kind: string } {
  const parsed = z.looseObject({ kind: z.string(), name: z.string().optional() }).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StudioError(
    'invalid_input',
    `${file} is not valid: ${describeIssues(parsed.error)}.`,
    `A study says its kind: ${kindsText}.`,
  );
}

/** Writes a report of the study, and answers its path. */
async function writeReport(client: StudioClient, { id, name }: StudyRecord, terminal: Terminal): Promise<string> {
  const job = await client.request('reports.create', { studyIds: [id], name });
  await followJob(client, job, terminal);
  const { reportId } = await jobResult(client, job, 'report');
  return (await client.request('reports.get', { id: reportId })).path;
}

/** Adapters, models and datasets written as one word become what the studio knows them by. */
async function resolveConfig(
  client: StudioClient,
  file: string,
  value: { readonly kind: string },
  terminal: Terminal,
): Promise<StudyConfig> {
  const { configSchema, declaration } = studyKind(value.kind);
  const parsed = studyConfigSchema.safeParse(await resolveNames(client, value, terminal));
  if (parsed.success) return parsed.data;
  throw new StudioError(
    'invalid_input',
    `${file} is not valid: ${describeIssues(parsed.error)}.`,
    configSchema instanceof z.ZodObject
      ? `${declaration.label} has the keys ${Object.keys(configSchema.shape).join(', ')}.`
      : null,
  );
}

const adapterKeys = new Set(['from', 'to', 'adapter', 'adapters']);

/** `adapter` of a run is an object of settings, and stays one: only a word is looked up. */
async function resolveNames(client: StudioClient, value: unknown, terminal: Terminal, key = ''): Promise<unknown> {
  if (typeof value === 'string') {
    if (adapterKeys.has(key)) return { adapterId: (await findAdapter(client, value)).id };
    if (key === 'dataset') return (await findDataset(client, value, terminal)).id;
    if (key === 'model') return (await findModel(client, value)).id;
    return value;
  }
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await resolveNames(client, item, terminal, key));
    return items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value))
    entries.push([name, await resolveNames(client, item, terminal, name)]);
  return Object.fromEntries(entries);
}

/** The study's tables as a terminal shows them. */
export function studyText({ kind, config, result }: StudyRecord, words: StudyWords): string {
  if (result === null) return '';
  return studyKind(kind)
    .table(result, config, words)
    .map(({ title, columns, rows }) => {
      const rightFrom = columns.findIndex(({ numeric }) => numeric === true);
      const header = columns.map(({ label }) => label);
      const cells = rows.map((row) => row.cells);
      return `${title}\n\n${formatTable(header, cells, rightFrom < 0 ? undefined : rightFrom)}`;
    })
    .join('\n');
}

async function studyWords(client: StudioClient): Promise<StudyWords> {
  const { mergeMethods } = await client.request('app.catalog', {});
  return { mergeMethod: (id) => mergeMethods.find((method) => method.id === id)?.label ?? id };
}
