import { z } from 'zod';
import { parameterValuesSchema } from './parameter.ts';

/** An adapter by itself, or as what a run will have made by the time the study starts. */
export const adapterReferenceSchema = z.union([z.object({ adapterId: z.string() }), z.object({ runId: z.string() })]);
export type AdapterReference = z.infer<typeof adapterReferenceSchema>;

/** Metric along the line between two adapters of one base (linear mode connectivity). */
export const lambdaStudyConfigSchema = z.strictObject({
  kind: z.literal('lambda'),
  dataset: z.string(),
  eval_samples: z.number().int().min(0).default(0),
  points: z.number().int().min(3).max(201).default(21),
  method: z.enum(['factor-average', 'weight-average']).default('factor-average'),
  pairs: z
    .array(
      z.strictObject({
        label: z.string(),
        coto: z.boolean(),
        from: adapterReferenceSchema,
        to: adapterReferenceSchema,
      }),
    )
    .min(1),
});

/** How well adapters stand losing parts: structured patterns and a magnitude-sparsity grid. */
export const pruningStudyConfigSchema = z.strictObject({
  kind: z.literal('pruning'),
  dataset: z.string(),
  eval_samples: z.number().int().min(0).default(0),
  patterns: z.array(z.strictObject({ method: z.string(), parameters: parameterValuesSchema })).default([
    { method: 'every-other-layer', parameters: {} },
    { method: 'layer-third', parameters: { third: 'low' } },
    { method: 'layer-third', parameters: { third: 'middle' } },
    { method: 'layer-third', parameters: { third: 'high' } },
  ]),
  sparsities: z.array(z.number().min(0).max(1)).default([0.25, 0.5, 0.75, 0.9]),
  adapters: z
    .array(
      z.strictObject({ label: z.string(), coto: z.boolean(), seed: z.number().int(), adapter: adapterReferenceSchema }),
    )
    .min(1),
});

/** Same-task adapters of several seeds, alone and merged by each method. */
export const mergingStudyConfigSchema = z.strictObject({
  kind: z.literal('merging'),
  dataset: z.string(),
  eval_samples: z.number().int().min(0).default(0),
  methods: z.array(z.string()).default(['factor-average', 'weight-average', 'ensemble']),
  groups: z
    .array(z.strictObject({ label: z.string(), coto: z.boolean(), adapters: z.array(adapterReferenceSchema).min(2) }))
    .min(1),
});

export const studyConfigSchema = z.discriminatedUnion('kind', [
  lambdaStudyConfigSchema,
  pruningStudyConfigSchema,
  mergingStudyConfigSchema,
]);
export type StudyConfig = z.infer<typeof studyConfigSchema>;

const scoreSchema = z.object({ accuracy: z.number(), loss: z.number() });

export const lambdaStudyResultSchema = z.object({
  kind: z.literal('lambda'),
  examples: z.number().int(),
  pairs: z.array(
    z.object({
      label: z.string(),
      coto: z.boolean(),
      points: z.array(scoreSchema.extend({ lambda: z.number() })),
      /** Largest fall of accuracy below the straight line between the ends, at least 0; and the rise of the loss above it. */
      accuracyBarrier: z.number(),
      lossBarrier: z.number(),
    }),
  ),
});
export const pruningStudyResultSchema = z.object({
  kind: z.literal('pruning'),
  examples: z.number().int(),
  adapters: z.array(
    z.object({
      label: z.string(),
      coto: z.boolean(),
      seed: z.number().int(),
      unpruned: scoreSchema,
      patterns: z.array(
        scoreSchema.extend({ label: z.string(), method: z.string(), parameters: parameterValuesSchema }),
      ),
      sparsities: z.array(
        scoreSchema.extend({ sparsity: z.number(), kept: z.number().int(), total: z.number().int() }),
      ),
    }),
  ),
});
export const mergingStudyResultSchema = z.object({
  kind: z.literal('merging'),
  examples: z.number().int(),
  groups: z.array(
    z.object({
      label: z.string(),
      coto: z.boolean(),
      alone: z.array(scoreSchema),
      merged: z.array(scoreSchema.extend({ method: z.string() })),
    }),
  ),
});
export const studyResultSchema = z.discriminatedUnion('kind', [
  lambdaStudyResultSchema,
  pruningStudyResultSchema,
  mergingStudyResultSchema,
]);
export type StudyResult = z.infer<typeof studyResultSchema>;
export type LambdaStudyResult = z.infer<typeof lambdaStudyResultSchema>;
export type PruningStudyResult = z.infer<typeof pruningStudyResultSchema>;
export type MergingStudyResult = z.infer<typeof mergingStudyResultSchema>;

export const studyRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  status: z.enum(['queued', 'running', 'completed', 'cancelled', 'failed', 'interrupted']),
  config: studyConfigSchema,
  result: studyResultSchema.nullable(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  parentId: z.string().nullable().describe('the demo study it belongs to'),
  createdAt: z.number(),
  finishedAt: z.number().nullable(),
});
export type StudyRecord = z.infer<typeof studyRecordSchema>;
