import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import type { Collected } from '../../../src-shared/domain/targets/bundle.ts';
import { studyFile } from '../../backend/index.ts';
import { type Answer, addCommand, type CommandContext } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { followJob, jobResult } from '../follow.ts';
import { formatSummary } from '../format.ts';
import { resolveConfig } from '../study-file.ts';
import type { Terminal } from '../terminal.ts';
import { readYamlFile } from '../yaml-file.ts';

/** Answers of `coto study`. */
interface StudyAnswers {
  follow(client: StudioClient, job: JobRecord, wishes: { report?: boolean }, terminal: Terminal): Promise<Answer>;
  show(client: StudioClient, study: StudyRecord, wishes: object): Promise<Answer>;
}

/** Indices that are listed. */
const maxIndices = 20;

/** Adds the commands for a study whose runs are trained on other machines. */
export function addBundleCommands(group: Command, context: CommandContext, answers: StudyAnswers): void {
  addCommand(group, context, {
    usage: 'bundle <file>',
    summary:
      "write what other machines need to train a study's runs into a folder; each run is then trained by coto job FOLDER INDEX",
    options: (command) =>
      void command
        .option('--out <folder>', 'the new folder; on a cluster, on the shared disk')
        .option('--name <name>', 'what to call the study (the file may say it too: name)')
        .option(
          '--inputs-in-place',
          'leave bases and datasets where they are: every machine has them at the same path, on a shared disk',
        )
        .option(
          '--python',
          'also write job.py, which trains a run with Transformers and PEFT on nodes without CoTo Studio: uv run job.py INDEX',
        ),
    input: z.object({
      file: z.string(),
      out: z.string().optional(),
      name: z.string().optional(),
      inputsInPlace: z.boolean().default(false),
      python: z.boolean().default(false),
    }),
    async run({ file, out, name: given, inputsInPlace, python }, { terminal, withStudio }) {
      if (out === undefined)
        throw new StudioError('invalid_input', 'The bundle needs a folder.', 'Name a new one: --out FOLDER.');
      const { name: own, ...value } = studyFile(file, await readYamlFile(file));
      const name = given ?? own;
      return withStudio(async (client) => {
        const config = await resolveConfig(client, file, value, terminal);
        const path = resolve(out);
        const wish = { config, path, inputsInPlace, python, ...(name === undefined ? {} : { name }) };
        const job = await client.request('bundles.write', wish);
        await followJob(client, job, terminal);
        const bundle = await jobResult(client, job, 'bundle');
        const last = bundle.jobs.length - 1;
        return {
          json: bundle,
          text: `${formatSummary([
            ['bundle', bundle.folder],
            ['id', bundle.id],
            ['runs', `${bundle.jobs.length}, numbered from 0 to ${last}`],
          ])}Train each: coto job ${bundle.folder} INDEX${python ? `, or: uv run ${bundle.folder}/job.py INDEX` : ''}\nThen:       coto study collect ${bundle.folder}\n`,
        };
      });
    },
  });

  addCommand(group, context, {
    usage: 'collect <folder>',
    summary:
      'import the results of a bundle, each once, and finish its study on this machine when all are there: its evaluations and tables',
    options: (command) =>
      void command
        .option('--anyway', 'continue even if results are missing: those runs are trained on this machine')
        .option('--import-only', 'only import, without finishing the study')
        .option('--report', 'also write a report of it, with its figures'),
    input: z.object({
      folder: z.string(),
      anyway: z.boolean().default(false),
      importOnly: z.boolean().default(false),
      report: z.boolean().default(false),
    }),
    async run({ folder, anyway, importOnly, report }, { terminal, withStudio }) {
      const path = resolve(folder);
      return withStudio(async (client) => {
        const job = await client.request('bundles.collect', { path });
        await followJob(client, job, terminal);
        const collected = await jobResult(client, job, 'collect');
        const isWhole = collected.missing.length === 0;
        if (importOnly || (!isWhole && !anyway))
          return {
            json: { collected },
            text: collectedText(collected),
            code: (isWhole ? exitCodes.done : exitCodes.failed).code,
          };
        terminal.note(collectedText(collected));
        const { study, job: going } = await client.request('bundles.study', { path });
        const answer =
          going === null
            ? await answers.show(client, study, {})
            : await answers.follow(client, going, { report }, terminal);
        return { ...answer, json: { collected, study: answer.json } };
      });
    },
  });
}

function collectedText({ jobs, imported, known, others, missing, refused, failed }: Collected): string {
  return [
    `${imported} of ${jobs} results imported, ${known} known before${others === 0 ? '' : `, ${others} of other attempts not used`}.\n`,
    ...refused.map(({ message }) => `– ${message}\n`),
    ...failed.map(({ index, attempts, message }) => `– Job ${index} has failed (${attempts}×): ${message}\n`),
    missing.length === 0
      ? ''
      : `${missing.length} ${missing.length === 1 ? 'job has' : 'jobs have'} no result: ${listed(missing)}.\n`,
  ].join('');
}

function listed(indices: readonly number[]): string {
  const shown = indices.slice(0, maxIndices).join(', ');
  return indices.length > maxIndices ? `${shown} …` : shown;
}
