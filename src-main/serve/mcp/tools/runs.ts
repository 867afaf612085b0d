import { z } from 'zod';
import { requests } from '../../../../src-shared/contract/requests.ts';
import { type RunRecord, runConfigSchema, runStatusSchema } from '../../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import { pageFields, pageOf, queueingTool, readingTool, type Tool, timeOf, writingTool } from '../tool.ts';

const { input: curveInput } = requests['runs.curve'];
/** A person's form has a default base and dataset; an assistant must name both. */
const startInput = requests['runs.create'].input.extend({
  config: runConfigSchema.extend({
    model: z
      .string()
      .min(1)
      .describe('id or name of a base model, from list_models')
      .meta({ examples: ['small-llama'] }),
    dataset: z
      .string()
      .min(1)
      .describe('id or name of a dataset, from list_datasets')
      .meta({ examples: ['rows'] }),
  }),
});

export const runTools: readonly Tool[] = [
  readingTool({
    name: 'list_runs',
    title: 'List training runs',
    description: 'The training runs, the newest first: status, step, result. Archived ones only with archived.',
    input: requests['runs.list'].input.extend({ status: runStatusSchema.optional(), ...pageFields }),
    async run(client, { archived, status, ...part }) {
      const runs = await client.request('runs.list', { archived });
      return pageOf(runs.filter((run) => status === undefined || run.status === status).map(describeRun), part);
    },
  }),
  readingTool({
    name: 'get_run',
    title: 'Show a run',
    description:
      'One run by its id: config, result, and each recorded metric with its first and last step and last value.',
    input: requests['runs.get'].input,
    async run(client, { id }) {
      const run = await client.request('runs.get', { id });
      const metrics = await client.request('runs.metrics', { id });
      return { ...describeRun(run), config: run.config, result: run.result, note: run.note, error: run.error, metrics };
    },
  }),
  readingTool({
    name: 'get_run_curve',
    title: "Show a run's curve",
    description: 'One metric of a run over its steps (loss, eval_loss, p, grad_norm …), folded into buckets.',
    input: curveInput.extend({ buckets: z.number().int().min(1).max(500).default(50) }),
    run: async (client, input) => pointsOf(await client.request('runs.curve', input)),
  }),
  readingTool({
    name: 'get_run_log',
    title: "Show a run's log",
    description: 'The last 100 lines of a run’s log, with warnings and errors.',
    input: requests['runs.log'].input,
    async run(client, { id }) {
      const lines = await client.request('runs.log', { id });
      return lines.slice(-100).map(({ at, level, text }) => ({ at: timeOf(at), level, text }));
    },
  }),
  queueingTool({
    name: 'start_run',
    title: 'Start a training run',
    description:
      'Adds a training run to the queue once the person agrees. config needs model and dataset; its other keys have defaults. Answers the run and its job.',
    input: startInput,
    question: ({ config: { model, dataset } }) =>
      `An assistant wants to train ${quoted(model)} on ${quoted(dataset)}. Start this run?`,
    async run(client, input) {
      const { run, job } = await client.request('runs.create', input);
      return { run: describeRun(run), jobId: job.id };
    },
  }),
  writingTool({
    name: 'pause_run',
    title: 'Pause a run',
    description: 'Pauses a run that is training or waiting; it saves a checkpoint.',
    input: requests['runs.pause'].input,
    run: (client, input) => client.request('runs.pause', input),
  }),
  queueingTool({
    name: 'resume_run',
    title: 'Resume a run',
    description: 'Resumes a run that was paused, interrupted or stopped, from its latest checkpoint.',
    input: requests['runs.get'].input,
    run: async (client, { id }) => ({ jobId: (await client.request('runs.resume', { id })).id }),
  }),
];

/** A name that an assistant gives, on one line and short enough for a question. */
const quoted = (name: string): string => JSON.stringify(name.slice(0, 80));

function describeRun(run: RunRecord) {
  const { id, name, status, step, facts, modelId, datasetId, tags, adapterId, studyId, result } = run;
  const of = { model: modelId, dataset: datasetId, adapterId, studyId, tags };
  const score = result === null ? null : { accuracy: result.accuracy, evalLoss: result.evalLoss, ...result.metrics };
  return {
    id,
    name,
    status,
    step,
    totalSteps: facts?.totalSteps ?? null,
    ...of,
    score,
    createdAt: timeOf(run.createdAt),
  };
}

/** The buckets as rows. Single values have no range. */
function pointsOf({ metric, width, counts, ends, min, max, mean }: Curve) {
  const points = Array.from(ends, (step, index) =>
    counts[index] === 1
      ? { step, value: mean[index] }
      : { step, mean: mean[index], min: min[index], max: max[index], values: counts[index] },
  );
  return { metric, bucketSteps: width, points };
}
