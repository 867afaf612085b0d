import { z } from 'zod';
import { adapterRecordSchema } from '../domain/adapters/adapter.ts';
import { jobRecordSchema } from '../domain/jobs/job.ts';
import { checkpointSummarySchema } from '../domain/runs/checkpoint.ts';
import { diagnosedFindingSchema } from '../domain/runs/diagnosis.ts';
import { runConfigSchema, runRecordSchema } from '../domain/runs/run.ts';
import { activationSharesSchema, curveSchema, metricSummarySchema } from '../domain/runs/run-history.ts';
import { runSamplesSchema } from '../domain/runs/run-samples.ts';
import { memoryNeedSchema, memoryRoomSchema } from '../results/memory-verdict.ts';
import { byId, done, removal } from './request-shapes.ts';

/** First and last step, both inclusive, null for no bound; and the most buckets to fold them into. */
const curveRange = {
  from: z.number().int().min(0).nullable().default(null),
  to: z.number().int().min(0).nullable().default(null),
  buckets: z.number().int().min(1).max(65_536).default(1024),
};

/** A run and one of its checkpoints, by its folder relative to the home. */
const ofCheckpoint = z.strictObject({ id: z.string(), folder: z.string().nullable().default(null) });

/** Requests about runs, as `requests` lists them. */
export const runRequests = {
  'runs.list': { input: z.strictObject({ archived: z.boolean().default(false) }), output: z.array(runRecordSchema) },
  'runs.get': { input: byId, output: runRecordSchema },
  /** A run of the same content, the completed one if there is one. */
  'runs.find': { input: z.strictObject({ config: runConfigSchema }), output: runRecordSchema.nullable() },
  'runs.create': {
    input: z.strictObject({
      name: z.string().optional(),
      config: runConfigSchema,
      tags: z.array(z.string()).default([]),
    }),
    output: z.object({ run: runRecordSchema, job: jobRecordSchema }),
  },
  /**
   * Imports the runs that another program recorded at `path`: event files of TensorBoard, databases of Trackio, or
   * trainer_state.json of Transformers, a file or a folder with them. One that was imported before is brought up to date.
   * `skipped`: what could not be read, in sentences that name the files.
   */
  'runs.import': {
    input: z.strictObject({ path: z.string() }),
    output: z.object({ runs: z.array(runRecordSchema), skipped: z.array(z.string()) }),
  },
  'runs.pause': { input: byId, output: done },
  /**
   * Resumes a run that has not completed from the checkpoint in `folder`, by default the latest; what was recorded after
   * it is discarded. The job fails with inputs_changed where dataset or base have changed since the checkpoint, unless
   * `anyway`, which the run's log and reports then state.
   */
  'runs.resume': {
    input: ofCheckpoint.extend({ anyway: z.boolean().default(false) }),
    output: jobRecordSchema,
  },
  'runs.stop': { input: byId, output: done },
  'runs.cancel': { input: byId, output: done },
  'runs.update': {
    input: z.strictObject({
      id: z.string(),
      name: z.string().min(1).optional(),
      tags: z.array(z.string()).optional(),
      note: z.string().optional(),
      starred: z.boolean().optional(),
      archived: z.boolean().optional(),
    }),
    output: runRecordSchema,
  },
  /** Bytes that removing the run would free. */
  'runs.size': { input: byId, output: z.object({ bytes: z.number() }) },
  'runs.remove': { input: removal, output: z.object({ freedBytes: z.number() }) },
  /** Names of the metrics that a run has recorded. */
  'runs.metrics': { input: byId, output: z.array(metricSummarySchema) },
  /**
   * One metric over the steps `from` to `to`, in at most `buckets` buckets; single values if there are no more than
   * that.
   */
  'runs.curve': { input: z.strictObject({ id: z.string(), metric: z.string(), ...curveRange }), output: curveSchema },
  /**
   * Several metrics of several runs. A metric name that ends in `/` is a prefix: `grad_norm/` selects one curve for
   * each group. Metrics that a run has not recorded are omitted; masks are returned on request, over all steps.
   */
  'runs.history': {
    input: z.strictObject({
      ids: z.array(z.string()),
      metrics: z.array(z.string()),
      masks: z.boolean().default(false),
      ...curveRange,
    }),
    output: z.array(
      z.object({ id: z.string(), curves: z.array(curveSchema), masks: activationSharesSchema.nullable() }),
    ),
  },
  'runs.masks': {
    input: z.strictObject({ id: z.string(), buckets: curveRange.buckets }),
    output: activationSharesSchema.nullable(),
  },
  'runs.log': { input: byId, output: z.array(z.object({ at: z.number(), level: z.string(), text: z.string() })) },
  /** Returns the model's answers at its evaluations; empty if the run keeps no samples. */
  'runs.samples': { input: byId, output: runSamplesSchema },
  /** Findings that the record of a run shows, the worst first; empty where it shows none. */
  'runs.diagnose': { input: byId, output: z.array(diagnosedFindingSchema) },
  /**
   * Estimated cost of a run. `stepMilliseconds` is measured on past runs of the same model, batch and targets, else
   * on those of the model and data with other settings; null without any; `stepOfSameAdapter`: they had the same variant and rank. `updateShare`:
   * share of the learning rate, summed over the steps, that an adapter receives under CoTo; null without CoTo.
   */
  'runs.estimate': {
    input: z.strictObject({ config: runConfigSchema }),
    output: z.object({
      trainableParameters: z.number().int(),
      totalParameters: z.number().int(),
      totalSteps: z.number().int(),
      groups: z.array(z.string()),
      targetModules: z.array(z.string()),
      trainExamples: z.number().int(),
      ...memoryNeedSchema.shape,
      ...memoryRoomSchema.shape,
      microBatch: z
        .object({ size: z.number().int(), accumulation: z.number().int() })
        .describe('as the run would take it now: auto_find_batch_size chooses it'),
      stepMilliseconds: z.number().nullable(),
      stepOfSameAdapter: z.boolean(),
      updateShare: z.number().nullable().optional(),
      seconds: z.number().nullable(),
      diskBytes: z.number().describe('of its checkpoints and its adapter, at its end'),
      yaml: z.string(),
    }),
  },
  /** Time and disk of several runs, one after the other; no time where a step of one was never timed. */
  'runs.forecast': {
    input: z.strictObject({ configs: z.array(runConfigSchema).min(1).max(500) }),
    output: z.object({ seconds: z.number().nullable(), diskBytes: z.number() }),
  },
  /** Times a few steps of a run on this machine, without CoTo; the job's result is the time of a step. Nothing is kept. */
  'runs.timeSteps': { input: z.strictObject({ config: runConfigSchema }), output: jobRecordSchema },
  /** Parses and validates a run's YAML and returns the full config. */
  'runs.parse': { input: z.strictObject({ yaml: z.string() }), output: runConfigSchema },

  /** The checkpoints of a run that are on disk, the earliest first. */
  'runs.checkpoints': { input: byId, output: z.array(checkpointSummarySchema) },
  /**
   * Deletes a checkpoint. One that the run would be resumed from (`neededFor` is resume) is refused unless `evenIfNeeded`;
   * one that the run needs for its end is always refused.
   */
  'runs.removeCheckpoint': {
    input: z.strictObject({ id: z.string(), folder: z.string(), evenIfNeeded: z.boolean().default(false) }),
    output: z.object({ freedBytes: z.number() }),
  },
  /** The checkpoint of a run in `folder`, by default the latest, as an adapter; the run can still be resumed. */
  'runs.saveAdapter': { input: ofCheckpoint, output: adapterRecordSchema },
  /**
   * The checkpoints of a run as adapters, one a step, the earliest first. New ones are archived: merges can use them,
   * and the library does not list them.
   */
  'runs.checkpointAdapters': {
    input: z.strictObject({
      id: z.string(),
      from: z.number().int().min(0).nullable().default(null),
      to: z.number().int().min(0).nullable().default(null),
    }),
    output: z.array(adapterRecordSchema),
  },
} as const;
