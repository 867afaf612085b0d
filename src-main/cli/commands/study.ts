import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RegisteredStudy, Registration } from '../../../src-shared/domain/studies/registration.ts';
import type { StudyFile, StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { type FigureFormat, figureFormatSchema, figureFormats } from '../../../src-shared/figures/figure-files.ts';
import type { ExpectedResult, ResultComparison } from '../../../src-shared/results/moved-numbers.ts';
import { catalogWords } from '../../../src-shared/studies/config/catalog-words.ts';
import type { StudyWords } from '../../../src-shared/studies/define-study.ts';
import { type StudyConfig, studyKind, studyKinds } from '../../../src-shared/studies/index.ts';
import { figuresLatex } from '../../../src-shared/studies/report/figures-latex.ts';
import { provenanceFacts } from '../../../src-shared/studies/report/provenance-facts.ts';
import { parseRegistration, studyFile, writeFileAtomic } from '../../backend/index.ts';
import { type Answer, addCommand, type CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { compareWithExpectation, expectationText, readExpectation } from '../expectation.ts';
import { followJob, jobResult } from '../follow.ts';
import { forecastText } from '../forecast-text.ts';
import { formatSummary, formatTable, formatTime } from '../format.ts';
import { addHelpGroups } from '../help/groups.ts';
import { parseNumber } from '../method-options.ts';
import { requirePrinter, writeFigures } from '../printer.ts';
import { findStudy } from '../references.ts';
import { resolveConfig } from '../study-file.ts';
import type { Terminal } from '../terminal.ts';
import { tunedText } from '../tuned-text.ts';
import { readYamlFile } from '../yaml-file.ts';
import { addBundleCommands } from './study-bundle.ts';
import { addPlaceCommands } from './study-places.ts';
import { addPublishCommands } from './study-publish.ts';

function parseTolerance(text: string): number {
  const value = parseNumber(text);
  if (value < 0) throw new InvalidArgumentError(`"${text}" is below 0.`);
  return value;
}

/** Options of commands that show a finished study. */
function addResultOptions(command: Command): Command {
  return command
    .option(
      '--out <folder>',
      'also write study.yaml, result.json, the tables as Markdown, LaTeX and CSV, and methods.tex with references.bib there',
    )
    .option(
      '--figures [formats]',
      `with --out: also write its figures there, as ${figureFormats.join(', ')} (default: svg,pdf), and figures.tex with their captions; needs Electron`,
    )
    .option(
      '--expect <result.json>',
      'compare with the result that --out wrote before: list the numbers that moved, and fail if any did',
    )
    .option(
      '--tolerance <number>',
      'with --expect: difference that counts as equal, in the unit of the result (a share for accuracies; default: 0)',
      parseTolerance,
    );
}
/** Adapters that are listed with their hashes. */
const maxAdapters = 8;
const byStudy = z.object({ study: z.string() });
const written = z.object({
  out: z.string().optional(),
  figures: z.union([z.literal(true), z.string()]).optional(),
  expect: z.string().optional(),
  tolerance: z.number().default(0),
});

export function addStudyCommand(parent: Command, context: CommandContext): void {
  const group = addCommand(parent, context, {
    usage: 'study <file>',
    summary:
      'run a study as a YAML file says, by its kind; adapters by id, name, run or folder. What is trained and scored already is not repeated',
    options(command) {
      command
        .option('--name <name>', 'what to call it (the file may say it too: name)')
        .option('--report', 'also write a report of it, with its figures')
        .option('--on <target>', 'train its runs there: slurm, slurm:HOST, or a name that coto targets add was given')
        .option(
          '--registered <registration.json>',
          'compare its settings with those that coto study register wrote: deviations are listed with the result',
        )
        .option('--dry-run', 'print what it would train and which difference it could detect, without starting');
      addResultOptions(command);
      const groups = studyKinds.map(({ declaration }) => declaration);
      addHelpGroups(command, { heading: 'Kinds', noun: 'kind', option: null, areOptions: false, groups });
    },
    input: written.extend({
      file: z.string(),
      name: z.string().optional(),
      report: z.boolean().default(false),
      on: z.string().optional(),
      dryRun: z.boolean().default(false),
      registered: z.string().optional(),
    }),
    async run({ file, name: given, on, dryRun, registered, ...options }, { terminal, environment, withStudio }) {
      const wishes = await wishesOf(options, environment);
      const { name: own, ...value } = studyFile(file, await readYamlFile(file));
      const name = given ?? own;
      const registration = registered === undefined ? null : await readRegistration(registered);
      return withStudio(async (client) => {
        const config = await resolveConfig(client, file, value, terminal);
        const forecast = await client.request('studies.forecast', { config });
        if (dryRun) return { json: { config, forecast }, text: forecastText(forecast) };
        terminal.note(forecastText(forecast));
        const compared =
          registration && (await compareRegistration(client, file, { config, terminal, ...registration }));
        const details = {
          ...(name === undefined ? {} : { name }),
          ...(on === undefined ? {} : { target: on }),
          ...(compared === null ? {} : { registration: compared }),
        };
        const { job } = await client.request('studies.create', { config, ...details });
        return followStudy(client, job, wishes, terminal);
      });
    },
  });

  addCommand(group, context, {
    usage: 'list',
    summary: 'list the studies',
    input: z.object({}),
    async run(_input, { withStudio }) {
      const studies = await withStudio((client) => client.request('studies.list', {}));
      const rows = studies.map(({ id, name, kind, status, createdAt }) => [
        id,
        name,
        kind,
        status,
        formatTime(createdAt),
      ]);
      return { json: studies, text: formatTable(['id', 'name', 'kind', 'status', 'created'], rows) };
    },
  });

  addCommand(group, context, {
    usage: 'show <study>',
    summary: "a study's tables and how they were made, by its id or name",
    options: (command) => void addResultOptions(command),
    input: byStudy.extend(written.shape),
    async run({ study: reference, ...options }, { environment, withStudio }) {
      const wishes = await wishesOf(options, environment);
      return withStudio(async (client) => {
        const study = await findStudy(client, reference);
        return study.result === null ? openAnswer(study) : resultAnswer(client, study, { ...wishes, report: null });
      });
    },
  });

  addCommand(group, context, {
    usage: 'resume <study>',
    summary: 'resume a study that was paused, interrupted, cancelled or failed; finished work is not repeated',
    options: (command) => void addResultOptions(command),
    input: byStudy.extend(written.shape),
    async run({ study: reference, ...options }, { terminal, environment, withStudio }) {
      const wishes = await wishesOf(options, environment);
      return withStudio(async (client) => {
        const { id } = await findStudy(client, reference);
        const job = await client.request('studies.resume', { id });
        return followStudy(client, job, wishes, terminal);
      });
    },
  });

  addPlaceCommands(group, context, { follow: followStudy });
  addPublishCommands(group, context);
  addBundleCommands(group, context, { follow: followStudy, show: resultAnswer });
}

interface RegistrationFile {
  readonly name: string;
  readonly text: string;
  readonly study: RegisteredStudy['study'];
}

/** @throws StudioError invalid_input for a file that is no registration, before a home is opened */
async function readRegistration(name: string): Promise<RegistrationFile> {
  const text = await readFile(name, 'utf8').catch(() => '');
  return { name, text, study: parseRegistration(name, text).study };
}

/** Compares with the registered settings as the study's own file would mean them: its paths are relative to that file. */
async function compareRegistration(
  client: StudioClient,
  file: string,
  {
    name,
    text,
    study,
    config,
    terminal,
  }: RegistrationFile & { readonly config: StudyConfig; readonly terminal: Terminal },
): Promise<Registration> {
  const { name: _, ...value } = studyFile(name, study);
  // Names that are unknown here are a deviation, not a reason to refuse.
  const meant = await resolveConfig(client, file, value, terminal).catch(() => undefined);
  return client.request('studies.compareRegistration', {
    name,
    text,
    config,
    ...(meant === undefined ? {} : { meant }),
  });
}

interface Wishes {
  readonly report?: boolean;
  /** A folder for the study's files. */
  readonly out?: string | undefined;
  readonly figures?: Figures | undefined;
  readonly expectation?: Expectation | undefined;
}

/** The formats of a study's figures, and the environment in which Electron draws them. */
interface Figures {
  readonly formats: readonly FigureFormat[];
  readonly environment: NodeJS.ProcessEnv;
}

/** An earlier result that a new one is compared with. */
interface Expectation {
  readonly file: string;
  readonly expected: ExpectedResult;
  readonly tolerance: number;
}

/**
 * Reads the expected result and looks for what draws figures, before anything is trained.
 * @throws StudioError invalid_input, refused where there is no Electron
 */
async function wishesOf(
  { report, out, figures, expect, tolerance }: z.output<typeof written> & { readonly report?: boolean },
  environment: NodeJS.ProcessEnv,
): Promise<Wishes> {
  const expectation =
    expect === undefined ? undefined : { file: expect, expected: await readExpectation(expect), tolerance };
  return { report: report ?? false, out, figures: figuresOf(figures, out, environment), expectation };
}

function figuresOf(
  wish: string | true | undefined,
  out: string | undefined,
  environment: NodeJS.ProcessEnv,
): Figures | undefined {
  if (wish === undefined) return undefined;
  if (out === undefined)
    throw new StudioError('invalid_input', '--figures has no folder to write to.', 'Add --out and a folder.');
  const formats = wish === true ? (['svg', 'pdf'] as const) : wish.split(',').map(formatOf);
  requirePrinter(environment);
  return { formats: [...new Set(formats)], environment };
}

function formatOf(text: string): FigureFormat {
  const { data } = figureFormatSchema.safeParse(text.trim().toLowerCase());
  if (data !== undefined) return data;
  throw new StudioError(
    'invalid_input',
    `--figures: "${text}" is no format of a figure.`,
    `Choose from ${figureFormats.join(', ')}, with commas between them.`,
  );
}

/** Shows a study's progress until it ends. Ctrl+C pauses it, with all that is finished. */
async function followStudy(client: StudioClient, job: JobRecord, wishes: Wishes, terminal: Terminal): Promise<Answer> {
  const ended = await followJob(client, job, terminal, {
    interrupt: (running) => client.request('jobs.pause', { id: running.id }),
    interruptText: 'Saving after this step … (Ctrl+C again to end at once)',
  });
  const study = await client.request('studies.get', { id: job.subjectId ?? '' });
  if (ended.status === 'paused')
    return {
      json: study,
      text:
        study.target === null
          ? `Paused. The same command resumes it, or: coto study resume ${study.id}\n`
          : `No longer monitored; runs on ${study.target} continue. To follow it again: coto study follow, or open the window\n`,
      code: exitCodes.interrupted.code,
    };
  const report = wishes.report ? await writeReport(client, study, terminal) : null;
  return resultAnswer(client, study, { ...wishes, report });
}

/** The tables of a finished study, how they were made, and the files that were asked for. */
async function resultAnswer(
  client: StudioClient,
  study: StudyRecord,
  { out, figures, expectation, report = null }: Omit<Wishes, 'report'> & { readonly report?: string | null },
): Promise<Answer> {
  const { command, files } = await client.request('studies.files', { id: study.id });
  const words = await studyWords(client);
  const names = files.map(({ name }) => name);
  if (out !== undefined) {
    await mkdir(out, { recursive: true });
    for (const { name, text } of files) await writeFileAtomic(join(out, name), text);
    if (figures !== undefined) names.push(...(await writeStudyFigures(study, words, out, figures)));
  }
  const tuned = await client.request('studies.tuned', { studyId: study.id });
  const made = provenanceFacts(study.provenance, maxAdapters).map(({ label, value }) => [label, value] as const);
  const folder = out === undefined ? '' : `\nWritten to ${out}: ${names.join(', ')}\n`;
  const comparison = expectation === undefined ? null : compareFiles(files, expectation);
  return {
    json: {
      ...study,
      tuned,
      ...(report === null ? {} : { report }),
      ...(comparison === null ? {} : { expectation: comparison }),
    },
    ...(comparison === null || comparison.moved.length === 0 ? {} : { code: exitCodes.failed.code }),
    text: [
      `study  ${study.id}\n\n`,
      studyText(study, words),
      tunedText(tuned),
      `\nHow it was made\n\n${formatSummary(made)}`,
      folder,
      out === undefined ? '' : `Makes it again, there: ${command}\n`,
      report === null ? '' : `\nreport  ${report}\n`,
      comparison === null || expectation === undefined ? '' : expectationText(comparison, expectation.file),
    ].join(''),
  };
}

/** Writes a study's figures and the LaTeX that sets them with their captions; returns the names of the files. */
async function writeStudyFigures(
  { kind, config, result }: StudyRecord,
  words: StudyWords,
  out: string,
  { formats, environment }: Figures,
): Promise<string[]> {
  const drawn = studyKind(kind)
    .figures(result, config, words)
    .map((figure) => figure.draw({ dark: false }));
  if (drawn.length === 0) return [];
  const names = await writeFigures(drawn, formats, out, environment);
  await writeFileAtomic(join(out, 'figures.tex'), figuresLatex(drawn, formats));
  return [...names, 'figures.tex'];
}

function compareFiles(files: readonly StudyFile[], { file, expected, tolerance }: Expectation): ResultComparison {
  const found = files.find(({ name }) => name === 'result.json');
  if (found === undefined) throw new StudioError('internal', 'The study has no result.json.');
  return compareWithExpectation(expected, found.text, file, tolerance);
}

/** A study without a result: how far it is, and the way on. */
function openAnswer(study: StudyRecord): Answer {
  const { id, name, kind, status, error, createdAt } = study;
  const canGoOn = ['interrupted', 'cancelled', 'failed'].includes(status);
  return {
    json: study,
    text: `${formatSummary([
      ['study', id],
      ['name', name],
      ['kind', kind],
      ['status', status],
      ['created', formatTime(createdAt)],
      ...(error === null ? [] : [['error', [error.message, error.hint ?? ''].join(' ').trim()] as const]),
    ])}${canGoOn ? `Resume it with: coto study resume ${id}\n` : ''}`,
  };
}

/** Writes a report of the study, and answers its path. */
async function writeReport(client: StudioClient, { id, name }: StudyRecord, terminal: Terminal): Promise<string> {
  const job = await client.request('reports.create', { studyIds: [id], name });
  await followJob(client, job, terminal);
  const { reportId } = await jobResult(client, job, 'report');
  return (await client.request('reports.get', { id: reportId })).path;
}

/** The study's tables as a terminal shows them. */
export function studyText({ kind, config, result }: StudyRecord, words: StudyWords): string {
  if (result === null) return '';
  return studyKind(kind)
    .table(result, config, words)
    .map(({ title, columns, rows, notes = [] }) => {
      const rightFrom = columns.findIndex(({ numeric }) => numeric === true);
      const header = columns.map(({ label }) => label);
      const cells = rows.map((row) => row.cells);
      const table = formatTable(header, cells, rightFrom < 0 ? undefined : rightFrom);
      return `${title}\n\n${table}${notes.map((note) => `– ${note}\n`).join('')}`;
    })
    .join('\n');
}

async function studyWords(client: StudioClient): Promise<StudyWords> {
  return catalogWords(await client.request('app.catalog', {}));
}
