import { z } from 'zod';
import { errorValueSchema } from '../../src-shared/contract/errors.ts';
import { maskOutlineSchema, maskScoreSchema } from '../../src-shared/domain/evaluation/mask-table.ts';
import { textPieceSchema } from '../../src-shared/domain/generation/generation.ts';
import { jobProgressSchema } from '../../src-shared/domain/jobs/job-progress.ts';
import { pairsOfAdaptersSchema } from '../../src-shared/domain/merging/mergeability.ts';
import { checkpointRecordSchema } from '../../src-shared/domain/runs/checkpoint.ts';
import { activationMasksSchema, metricColumnSchema } from '../../src-shared/domain/runs/run-history.ts';
import { runInfoSchema } from '../../src-shared/domain/runs/run-info.ts';
import { sampledStepSchema, sampleInputSchema } from '../../src-shared/domain/runs/run-samples.ts';
import { scoreSchema } from '../../src-shared/domain/studies/plan.ts';
import { runOutcomeFields } from './contract-fields.ts';

/** The end of a run. */
const runOutcomeSchema = z.object(runOutcomeFields);
export type RunOutcome = z.infer<typeof runOutcomeSchema>;

/** Events of a running task. Metrics and masks are batched (`MetricRecorder`): at most ten messages a second. */
const plainEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), progress: jobProgressSchema }),
  z.object({ kind: z.literal('facts'), facts: runInfoSchema }),
  z.object({ kind: z.literal('metrics'), columns: z.array(metricColumnSchema) }),
  z.object({ kind: z.literal('masks'), masks: activationMasksSchema }),
  /** `folder` is absolute here; the backend stores it relative to the home. */
  z.object({ kind: z.literal('checkpoint'), checkpoint: checkpointRecordSchema }),
  z.object({ kind: z.literal('score'), key: z.string(), score: scoreSchema }),
  z.object({ kind: z.literal('mask-outline'), key: z.string(), outline: maskOutlineSchema }),
  z.object({ kind: z.literal('mask-scores'), key: z.string(), scores: z.array(maskScoreSchema) }),
  z.object({ kind: z.literal('pairs'), key: z.string(), pairs: pairsOfAdaptersSchema }),
  /** Samples of an evaluation; `inputs` come with the first of a task and stay the same. */
  z.object({ kind: z.literal('samples'), inputs: z.array(sampleInputSchema).nullable(), sampled: sampledStepSchema }),
  z.object({ kind: z.literal('text'), pieces: z.array(textPieceSchema) }),
  z.object({ kind: z.literal('log'), level: z.enum(['info', 'warning', 'error']), text: z.string() }),
]);
/** Reports of a task; `run` is the place of one of the runs trained together, or the number of a generation. */
export const engineEventSchema = z.discriminatedUnion('kind', [
  ...plainEventSchema.options,
  z.object({ kind: z.literal('run'), run: z.number().int(), event: plainEventSchema }),
  z.object({
    kind: z.literal('run-ended'),
    run: z.number().int(),
    ending: z.union([runOutcomeSchema, z.object({ error: errorValueSchema })]),
  }),
]);
export type RunEvent = z.infer<typeof plainEventSchema>;
export type EngineEvent = z.infer<typeof engineEventSchema>;

/**
 * `pause` saves and ends; `stop` saves, evaluates and returns the adapter; `cancel` ends at once. Honored between steps.
 */
export const engineSignalSchema = z.enum(['pause', 'stop', 'cancel']);
export type EngineSignal = z.infer<typeof engineSignalSchema>;

/** Environment of a task. */
export interface TaskContext {
  emit(event: EngineEvent): void;
  /**
   * The current signal, if any; polled between steps. Processes waiting messages first.
   * @param run of runs trained together: the signal to this one, or else to all.
   */
  signal(run?: number): Promise<EngineSignal | null>;
}
