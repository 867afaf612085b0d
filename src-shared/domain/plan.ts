import { z } from 'zod';
import { type AdapterReference, adapterReferenceSchema } from './adapter-reference.ts';
import { type ParameterValues, parameterValuesSchema } from './parameter.ts';
import { runConfigSchema } from './run.ts';

/**
 * What is scored, as an expression over adapters: an adapter as it is, what a training of the same plan will have made, a
 * merge of subjects (of their outputs, where the method merges outputs), or what a pruning leaves of a subject.
 */
export type Subject =
  | { readonly kind: 'adapter'; readonly adapter: AdapterReference }
  | { readonly kind: 'trained'; readonly training: string }
  | {
      readonly kind: 'merge';
      readonly method: string;
      readonly parameters: ParameterValues;
      readonly inputs: readonly { readonly subject: Subject; readonly weight: number }[];
    }
  | {
      readonly kind: 'prune';
      readonly method: string;
      readonly parameters: ParameterValues;
      readonly subject: Subject;
    };

export const subjectSchema: z.ZodType<Subject> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('adapter'), adapter: adapterReferenceSchema }),
    z.object({ kind: z.literal('trained'), training: z.string() }),
    z.object({
      kind: z.literal('merge'),
      method: z.string(),
      parameters: parameterValuesSchema,
      inputs: z.array(z.object({ subject: subjectSchema, weight: z.number() })),
    }),
    z.object({
      kind: z.literal('prune'),
      method: z.string(),
      parameters: parameterValuesSchema,
      subject: subjectSchema,
    }),
  ]),
);

/** What one evaluation came to. Accuracy in [0, 1], null where values are predicted; the loss is a mean, in nats. */
export const scoreSchema = z.object({
  accuracy: z.number().nullable(),
  loss: z.number(),
  /** By id of the metric, e.g. f1_macro. */
  metrics: z.record(z.string(), z.number()),
  examples: z.number().int(),
  /** Of a pruned subject: entries of the factors that are left, of so many. */
  kept: z.number().int().nullable(),
  total: z.number().int().nullable(),
});
export type Score = z.infer<typeof scoreSchema>;

/** A run that a study needs. `key` names it within its plan. */
export const trainingSpecSchema = z.object({
  kind: z.literal('train'),
  key: z.string(),
  title: z.string().describe('what the run is called'),
  config: runConfigSchema,
});
export type TrainingSpec = z.infer<typeof trainingSpecSchema>;

/** A score that a study needs. */
export const scoreSpecSchema = z.object({
  kind: z.literal('score'),
  key: z.string(),
  title: z.string().describe('what progress says of it: "λ = 0.35, LoRA + CoTo"'),
  /** What messages call the adapters in the order of the subject's leaves: "The second adapter of LoRA". */
  names: z.array(z.string()).default([]),
  dataset: z.string(),
  eval_samples: z.number().int().min(0),
  subject: subjectSchema,
});
export type ScoreSpec = z.infer<typeof scoreSpecSchema>;

/**
 * One piece of a study's work. Pieces depend on each other by what their subjects name only, so that any executor, this
 * machine's queue or a cluster's, can do them in whatever order their dependencies allow.
 */
export type JobSpec = TrainingSpec | ScoreSpec;

/** The adapters that a subject is made of, in the order of its leaves. */
export function leavesOf(subject: Subject): Extract<Subject, { kind: 'adapter' | 'trained' }>[] {
  if (subject.kind === 'merge') return subject.inputs.flatMap((input) => leavesOf(input.subject));
  if (subject.kind === 'prune') return leavesOf(subject.subject);
  return [subject];
}
