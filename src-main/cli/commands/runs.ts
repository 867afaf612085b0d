import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { DiagnosedFinding } from '../../../src-shared/domain/runs/diagnosis.ts';
import { runFormatLabels } from '../../../src-shared/domain/runs/imported-run.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { midSentence } from '../../../src-shared/format/mid-sentence.ts';
import { accuracy as accuracyMetric } from '../../../src-shared/metrics/accuracy.ts';
import { scoreText, valueText } from '../../../src-shared/metrics/index.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import type { MetricDeclaration } from '../../../src-shared/metrics/metric.ts';
import { forgettingHeading, riseText } from '../../../src-shared/results/forgetting.ts';
import { headlineText, namedScores } from '../../../src-shared/results/headline.ts';
import { knownSettings } from '../../../src-shared/results/known-setting.ts';
import { addCommand, addGroup, type CommandContext } from '../command.ts';
import { formatPercent, formatSummary, formatTable } from '../format.ts';
import { jsonWithMetrics, metricRows } from '../metric-rows.ts';
import { importRuns } from '../read-files.ts';
import { findRun } from '../references.ts';
import { describeRun, namesOfRun } from '../run-text.ts';
import { samplesText } from '../samples-text.ts';
import { tunedText } from '../tuned-text.ts';
import { followRun } from './train.ts';

const byRun = z.object({ run: z.string() });

export function addRunCommands(parent: Command, context: CommandContext): void {
  const group = addGroup(
    parent,
    'runs',
    'runs: list, show, diagnose, compare, samples, import, resume, pause, cancel, save',
  );

  addCommand(group, context, {
    usage: 'list',
    summary: 'list the runs with their results',
    options: (command) => void command.option('--archived', 'only archived runs'),
    input: z.object({ archived: z.boolean().default(false) }),
    async run({ archived }, { withStudio }) {
      const runs = await withStudio((client) => client.request('runs.list', { archived }));
      const text = formatTable(
        ['id', 'name', 'status', 'step', 'score', 'forgetting', 'step time', 'tags'],
        runs.map((run) => [
          run.id,
          run.name,
          run.status,
          run.facts === null ? String(run.step) : `${run.step}/${run.facts.totalSteps}`,
          headlineText(run.result) || '–',
          riseText(run.result?.forgetting?.rise),
          run.result === null ? '–' : `${run.result.medianStepMilliseconds.toFixed(1)} ms`,
          run.tags.join(' '),
        ]),
      );
      return { json: runs, text };
    },
  });

  addCommand(group, context, {
    usage: 'show <run>',
    summary: "a run's settings, checkpoints, result and last log lines; with --json its whole history",
    input: byRun,
    async run({ run: reference }, { withStudio, writeJson }) {
      return withStudio(async (client) => {
        const run = await findRun(client, reference);
        const log = await client.request('runs.log', { id: run.id });
        const names = await namesOfRun(client, run);
        const findings = await client.request('runs.diagnose', { id: run.id });
        await writeJson?.(jsonWithMetrics({ run }, metricRows(client, run.id), { findings, log }));
        const checkpoints = formatTable(
          ['checkpoint', 'step', midSentence(labelOf(run, accuracyMetric)), 'folder'],
          run.checkpoints.map(({ kind, step, accuracy, folder }) => [
            kind,
            String(step),
            scoreText(accuracyMetric.id, accuracy),
            folder,
          ]),
        );
        const lines = log.slice(-10).map(({ level, text }) => `${level}: ${text.split('\n')[0]}\n`);
        return {
          text: [
            describeRun(run, names),
            ...(findings.length > 0 ? [findingsText(findings)] : []),
            ...(run.checkpoints.length > 0 ? [checkpoints] : []),
            lines.join(''),
          ].join('\n'),
        };
      });
    },
  });

  addCommand(group, context, {
    usage: 'diagnose <run>',
    summary: 'what the record of a run shows to be wrong, with the numbers and the settings that would change it',
    input: byRun,
    async run({ run: reference }, { withStudio }) {
      return withStudio(async (client) => {
        const { id, name } = await findRun(client, reference);
        const findings = await client.request('runs.diagnose', { id });
        const text = findings.length === 0 ? `The record of ${name} shows nothing wrong.\n` : findingsText(findings);
        return { json: { run: id, findings }, text };
      });
    },
  });

  addCommand(group, context, {
    usage: 'compare <runs...>',
    summary: 'results side by side, and the settings that differ',
    input: z.object({ runs: z.array(z.string()).min(1) }),
    async run({ runs: references }, { withStudio }) {
      const { runs, tuned } = await withStudio(async (client) => {
        const found: RunRecord[] = [];
        for (const reference of references) found.push(await findRun(client, reference));
        return { runs: found, tuned: await client.request('studies.tuned', { runIds: found.map(({ id }) => id) }) };
      });
      const differences = differingSettings(runs);
      const header = ['', ...runs.map(({ name }) => name)];
      const results = formatTable(header, [
        ['status', ...runs.map(({ status }) => status)],
        ['score', ...runs.map(({ result }) => headlineText(result) || '–')],
        [
          forgettingHeading(runs.map(({ result }) => result?.forgetting))?.toLowerCase() ?? 'forgetting',
          ...runs.map(({ result }) => riseText(result?.forgetting?.rise)),
        ],
        ['eval loss', ...runs.map(({ result }) => valueText(loss.id, result?.evalLoss))],
        ['step time, ms', ...runs.map(({ result }) => result?.medianStepMilliseconds.toFixed(1) ?? '–')],
        ['layers on', ...runs.map(({ result }) => formatPercent(result?.meanActiveShare ?? null))],
      ]);
      const settings = formatTable(
        header,
        differences.map(({ key, values }) => [key, ...values.map((value) => JSON.stringify(value))]),
      );
      return {
        json: { runs, differences, tuned },
        text: `${results}\n${differences.length === 0 ? 'Identical settings.\n' : settings}${tunedText(tuned)}`,
      };
    },
  });

  addCommand(group, context, {
    usage: 'samples <run>',
    summary: "what a run's model answered to the same prompts, texts or images at its evaluations",
    input: byRun,
    async run({ run: reference }, { withStudio }) {
      return withStudio(async (client) => {
        const { id, name } = await findRun(client, reference);
        const samples = await client.request('runs.samples', { id });
        // Pixels are for the window and the report.
        const inputs = samples.inputs.map((input) => ({ ...input, pixels: undefined }));
        return { json: { run: id, ...samples, inputs }, text: samplesText(name, samples) };
      });
    },
  });

  addCommand(group, context, {
    usage: 'import <path>',
    summary:
      'import runs to compare with: event files of TensorBoard, databases of Trackio or trainer_state.json, a file or a folder',
    input: z.object({ path: z.string() }),
    async run({ path }, { terminal, withStudio }) {
      const answer = await withStudio((client) => importRuns(client, resolve(path), terminal));
      for (const reason of answer.skipped) terminal.report(`skipped: ${reason}\n`);
      const text = formatTable(
        ['id', 'name', 'steps', 'score', 'from'],
        answer.runs.map(({ id, name, step, result, origin }) => [
          id,
          name,
          String(step),
          headlineText(result) || '–',
          origin === undefined ? '' : runFormatLabels[origin.format],
        ]),
      );
      return { json: answer, text };
    },
  });

  addCommand(group, context, {
    usage: 'resume <run>',
    summary: 'resume a paused, interrupted or stopped run from its last checkpoint',
    options: (command) =>
      void command.option('--anyway', 'resume also where the dataset or the base has changed since the checkpoint'),
    input: byRun.extend({ anyway: z.boolean().default(false) }),
    async run({ run: reference, anyway }, { terminal, withStudio }) {
      return withStudio(async (client) => {
        const { id } = await findRun(client, reference);
        const job = await client.request('runs.resume', { id, anyway });
        return followRun(client, id, job, terminal);
      });
    },
  });

  addCommand(group, context, {
    usage: 'save <run>',
    summary: 'save the last checkpoint of a paused or interrupted run as an adapter; it can still be resumed',
    input: byRun,
    async run({ run: reference }, { withStudio }) {
      return withStudio(async (client) => {
        const { id } = await findRun(client, reference);
        const adapter = await client.request('runs.saveAdapter', { id });
        return { json: adapter, text: formatSummary([['adapter', `${adapter.name} (${adapter.id})`]]) };
      });
    },
  });

  for (const { verb, summary } of [
    {
      verb: 'pause',
      summary: 'pause a queued run (Ctrl+C pauses the one that this terminal is training)',
    },
    { verb: 'cancel', summary: 'cancel a queued, paused or interrupted run' },
  ] as const)
    addCommand(group, context, {
      usage: `${verb} <run>`,
      summary,
      input: byRun,
      async run({ run: reference }, { withStudio }) {
        return withStudio(async (client) => {
          const { id } = await findRun(client, reference);
          await client.request(`runs.${verb}`, { id });
          const run = await client.request('runs.get', { id });
          return { json: run, text: formatSummary([[run.name, run.status]]) };
        });
      },
    });
}

/** A finding in three lines: what it is, what it is based on, what to do. */
function findingsText(findings: readonly DiagnosedFinding[]): string {
  return findings
    .map(({ severity, label, evidence, advice, changes }) => {
      const set = Object.entries(changes ?? {}).map(([key, value]) => `${key}=${value}`);
      const how = set.length === 0 ? '' : ` (--set ${set.join(' ')})`;
      return `${severity}: ${label}\n  ${evidence}\n  ${advice}${how}\n`;
    })
    .join('');
}

/** The label that a metric has in the evaluations of a run. */
function labelOf({ result }: RunRecord, { id, label }: MetricDeclaration): string {
  return (result === null ? undefined : namedScores(result).find((score) => score.id === id)?.label) ?? label;
}

/** The settings in which not all runs agree, by their path in the YAML. */
function differingSettings(runs: readonly RunRecord[]): { key: string; values: unknown[] }[] {
  const flat = runs.map((run) => flatten(knownSettings(run)));
  const keys = [...new Set(flat.flatMap((settings) => [...settings.keys()]))];
  return keys
    .map((key) => ({ key, values: flat.map((settings) => settings.get(key) ?? null) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

function flatten(value: unknown, prefix = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([[prefix, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, item]) => [...flatten(item, prefix === '' ? key : `${prefix}.${key}`)]),
  );
}
