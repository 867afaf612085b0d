import { z } from 'zod';
import { parameterValuesSchema } from '../parameters/parameter.ts';

/** A place outside this machine's queue that trains the runs of a study. */
export const targetRecordSchema = z.object({
  name: z.string().describe('what --on takes: slurm, slurm:login1, or the name that it was added by'),
  kind: z.string(),
  host: z.string().nullable().describe('the ssh name of a login node; null: the programs are on this machine'),
  parameters: parameterValuesSchema,
  isSaved: z.boolean().describe('added by name; else it has the usual parameters'),
});
export type TargetRecord = z.infer<typeof targetRecordSchema>;

/** Facts about a target and the problems that prevent a study from running there. */
export const targetProbeSchema = z.object({
  facts: z.array(z.object({ label: z.string(), value: z.string() })),
  problems: z.array(z.object({ message: z.string(), hint: z.string() })),
});
export type TargetProbe = z.infer<typeof targetProbeSchema>;

/** A bundle of this studio in the folder of a target. */
export const placedBundleSchema = z.object({
  id: z.string(),
  folder: z.string(),
  studyId: z.string(),
  studyName: z.string().nullable().describe('null: the study was removed'),
  runs: z.number().int(),
  bytes: z.number().describe('that its removal frees here'),
  keptFor: z.string().nullable().describe('what needs it, as the end of a sentence; null: it can be removed'),
});
export type PlacedBundle = z.infer<typeof placedBundleSchema>;

/** `lost`: it ended without a result and without a word why. */
export const placedStateSchema = z.enum(['waiting', 'running', 'done', 'failed', 'lost', 'cancelled']);

/** A run of a study on a target. */
export const placedRunSchema = z.object({
  index: z.number().int().min(0).describe('its place in the bundle'),
  runId: z.string(),
  title: z.string(),
  state: placedStateSchema,
  node: z.string().nullable(),
  reason: z.string().nullable().describe('why it waits, or why it ended'),
  step: z.number().int().nullable(),
  steps: z.number().int().nullable(),
});
export type PlacedRun = z.infer<typeof placedRunSchema>;

/** One submission to a target's scheduler, e.g. a Slurm array. `id` is null until the scheduler has answered. */
export const submittedPartSchema = z.object({
  name: z.string(),
  offset: z.number().int().min(0).describe("what is added to the engine's own index"),
  indices: z.array(z.number().int().min(0)),
  id: z.string().nullable(),
});
export type SubmittedPart = z.infer<typeof submittedPartSchema>;

/** Runs of a study that were given to a target; a further generation repeats those that ended without a result. */
export const submissionSchema = z.object({
  id: z.string(),
  studyId: z.string(),
  generation: z.number().int().min(1),
  target: z.string(),
  folder: z.string().describe('the bundle'),
  status: z.enum(['open', 'ended', 'cancelled']),
  parts: z.array(submittedPartSchema),
  runs: z.array(placedRunSchema),
  knownFailures: z.array(z.string()).describe('files of earlier failures, which say nothing of this generation'),
  createdAt: z.number(),
});
export type Submission = z.infer<typeof submissionSchema>;

/** Names of the files in the bundle's logs that a run's output goes to. */
export function logNames({ parts }: Pick<Submission, 'parts'>, index: number): string[] {
  return parts.flatMap(({ name, offset, indices }) =>
    indices.includes(index) ? [`${name}_${index - offset}.out`] : [],
  );
}
