import { z } from 'zod';
import { evaluationRequestSchema } from '../../../src-shared/domain/evaluation.ts';
import { generationRequestSchema } from '../../../src-shared/domain/generation.ts';
import type { JobKind } from '../../../src-shared/domain/job.ts';
import { parameterValuesSchema } from '../../../src-shared/domain/parameter.ts';
import { pretrainConfigSchema } from '../../../src-shared/domain/pretrain.ts';

/** What a queued job has to do. References are resolved when the job starts, since earlier jobs may make what they mean. */
const schemas = {
  train: z.object({
    runId: z.string(),
    resumeFrom: z.string().nullable().describe('checkpoint, relative to the home'),
  }),
  evaluate: z.object({ request: evaluationRequestSchema }),
  merge: z.object({
    name: z.string(),
    adapters: z.array(z.object({ adapterId: z.string(), weight: z.number() })).min(1),
    method: z.string(),
    parameters: parameterValuesSchema,
    eval_samples: z.number().int(),
  }),
  prune: z.object({
    name: z.string(),
    adapterId: z.string(),
    method: z.string(),
    parameters: parameterValuesSchema,
  }),
  study: z.object({ studyId: z.string() }),
  export: z.object({ adapterId: z.string(), target: z.string(), path: z.string() }),
  convert: z.object({ modelId: z.string(), name: z.string(), file: z.string() }),
  download: z.object({ modelId: z.string(), repository: z.string(), revision: z.string() }),
  pretrain: z.object({ modelId: z.string(), name: z.string(), config: pretrainConfigSchema, path: z.string() }),
  import: z.object({
    datasetId: z.string(),
    path: z.string(),
    name: z.string().nullable(),
    options: parameterValuesSchema,
  }),
  generate: z.object({ request: generationRequestSchema }),
  report: z.object({
    reportId: z.string(),
    name: z.string(),
    runIds: z.array(z.string()),
    studyIds: z.array(z.string()),
  }),
} as const satisfies Record<JobKind, z.ZodType>;

type Payloads = { [Kind in JobKind]: z.infer<(typeof schemas)[Kind]> };
export type JobPayload<Kind extends JobKind> = Payloads[Kind];
export const payloadSchemas: { readonly [Kind in JobKind]: z.ZodType<Payloads[Kind]> } = schemas;
