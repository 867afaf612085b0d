import type { Command } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { isOver, type JobKind, type JobRecord, jobError, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import { demoTable } from '../../../src-shared/results/demo-table.ts';
import { comparisonSides, distinctModelNames } from '../../../src-shared/results/names.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { demoText } from '../demo-text.ts';
import { followJobs } from '../follow.ts';
import { formatDuration } from '../format.ts';
import { collectNumber } from '../method-options.ts';
import { packageVersion } from '../package-version.ts';
import { collectAssignment, readRun } from './train.ts';

export function addDemoCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'demo',
    summary: 'train LoRA with and without CoTo on two seeds, merge, prune, and write a report with the figures',
    options: (command) =>
      void command
        .option('--run <file>', 'compare your own run, a YAML as `coto train` reads it, instead of the bundled one')
        .option('--set <key=value...>', 'change a key of that file, e.g. max_steps=200', collectAssignment)
        .option('--quick', 'fewer steps and test examples: up to a minute on two cores')
        .option(
          '--seeds <seeds...>',
          'two seeds or more instead of 1 and 2: every pair of them is merged',
          collectNumber,
        )
        .addHelpText(
          'after',
          '\nThrough npm the app opens on the runs afterwards where there is a display; --window and --no-window say so.',
        ),
    jsonFile: true,
    input: z.object({
      quick: z.boolean().default(false),
      seeds: z.array(z.number()).optional(),
      json: z.unknown().optional(),
      run: z.string().optional(),
      set: z.array(z.tuple([z.string(), z.string()])).default([]),
    }),
    async run({ quick, seeds, json: jsonOption, run: file, set }, { terminal, withStudio }) {
      const started = Date.now();
      return withStudio(async (client) => {
        if (file === undefined && set.length > 0)
          throw new StudioError('invalid_input', '--set changes a run of your own.', 'Give its file with --run.');
        const demo = await client.request('demo.start', {
          quick,
          ...(seeds === undefined ? {} : { seeds }),
          ...(file === undefined ? {} : { config: await readRun(client, file, set, terminal) }),
        });
        const latest = new Map(demo.jobs.map((job) => [job.id, job]));
        const position = (job: JobRecord) => demo.jobs.findIndex(({ id }) => id === job.id) + 1;
        const ended = await followJobs(client, demo.jobs, terminal, {
          interrupt: async (running) =>
            client.request(jobInfo(running.kind).atClose === 'pause' ? 'jobs.pause' : 'jobs.cancel', {
              id: running.id,
            }),
          interruptText: 'Stopping after this step … (Ctrl+C again to end at once)',
          prefix: (job) => {
            latest.set(job.id, job);
            return `[${position(job)}/${demo.jobs.length}] ${job.title}  `;
          },
          suffix: () => totalLeft([...latest.values()], Date.now()),
          ended(job, line) {
            latest.set(job.id, job);
            const took =
              job.startedAt === null || job.finishedAt === null
                ? ''
                : `  ${formatDuration((job.finishedAt - job.startedAt) / 1000)}`;
            line.say(`[${position(job)}/${demo.jobs.length}] ${job.title}: ${job.status}${took}`);
          },
        });
        const unfinished = [...ended.values()].find(({ status }) => status === 'cancelled' || status === 'paused');
        if (unfinished !== undefined)
          throw new StudioError(
            'cancelled',
            `The demo was stopped at "${unfinished.title}".`,
            'What was finished is kept; coto runs list shows the runs.',
          );
        const failed = [...ended.values()].find(({ status }) => status === 'failed' || status === 'interrupted');
        if (failed !== undefined) throw jobError(failed);

        const runs = [];
        for (const { id } of demo.runs) runs.push(await client.request('runs.get', { id }));
        const studies = [];
        for (const { id } of demo.studies) studies.push(await client.request('studies.get', { id }));
        const reportId = ended.get(demo.reportJobId)?.subjectId;
        if (reportId == null) throw new StudioError('internal', 'The demo left no report.');
        const report = await client.request('reports.get', { id: reportId });
        const totalSeconds = (Date.now() - started) / 1000;
        const rows = demoTable(runs, studies);
        const { adapterVariants } = await client.request('app.catalog', {});
        const sides = comparisonSides(runs, (id) => adapterVariants.find((known) => known.id === id)?.label ?? id);
        const names = distinctModelNames(await client.request('models.list', {}));
        const base = names.get(runs[0]?.modelId ?? '') ?? '';
        const json = {
          version: packageVersion(),
          quick,
          rows,
          totalSeconds,
          report: report.path,
          demoId: demo.demoId,
          runs: runs.map(({ id, name, config, facts, result }) => ({ id, name, config, facts, result })),
          studies: studies.map(({ id, name, config, result }) => ({ id, name, config, result })),
        };
        return {
          json,
          text: demoText({
            rows,
            sides,
            runs,
            base,
            totalSeconds,
            reportPath: report.path,
            jsonPath: typeof jsonOption === 'string' ? jsonOption : null,
          }),
        };
      });
    },
  });
}

/** "  (demo: about 4 min 10 s left)", from how long jobs of each kind have taken so far. */
export function totalLeft(jobs: readonly JobRecord[], now: number): string {
  const seconds = (job: JobRecord) => ((job.finishedAt ?? now) - (job.startedAt ?? now)) / 1000;
  const share = (job: JobRecord) =>
    isOver(job) ? 1 : job.progress === null || job.progress.total === 0 ? 0 : job.progress.done / job.progress.total;
  const begun = jobs.filter((job) => share(job) > 0.05);
  const work = begun.reduce((sum, job) => sum + jobInfo(job.kind).effort * share(job), 0);
  if (work === 0) return '';
  const perWeight = begun.reduce((sum, job) => sum + seconds(job), 0) / work;
  const expected = (kind: JobKind) => {
    const done = jobs.filter((job) => job.kind === kind && isOver(job));
    return done.length > 0
      ? done.reduce((sum, job) => sum + seconds(job), 0) / done.length
      : jobInfo(kind).effort * perWeight;
  };
  const left = jobs
    .filter((job) => !isOver(job))
    .reduce((sum, job) => sum + (job.progress?.etaSeconds ?? expected(job.kind) * (1 - share(job))), 0);
  return `  (demo: about ${formatDuration(left)} left)`;
}
