import { z } from 'zod';

/** A change of a run's dataset or base that it was resumed in spite of. */
export const inputChangeSchema = z.strictObject({
  step: z.number().int().min(0).describe('after which the changed files were trained on'),
  text: z.string(),
});
export type InputChange = z.infer<typeof inputChangeSchema>;

/** Properties fixed when a run starts, so that its figures can be drawn later without its model. */
export const runInfoSchema = z.object({
  totalSteps: z.number().int(),
  trainableParameters: z.number().int(),
  totalParameters: z.number().int(),
  groups: z.array(z.string()).describe('CoTo groups from the input up, e.g. layer 0'),
  maskRows: z
    .array(z.string())
    .default([])
    .describe('rows of the activation masks if they are not the groups, e.g. rank 1'),
  trainExamples: z.number().int(),
  evalExamples: z.number().int(),
  backend: z.string(),
  threads: z.number().int(),
  computeDtype: z.enum(['float32', 'bfloat16', 'float16', 'int8']).default('float32'),
  runsTogether: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('runs that were trained together; the times of its steps are its part of theirs'),
  paddingShare: z
    .object({ grouped: z.number(), shuffled: z.number() })
    .nullable()
    .default(null)
    .describe('of the tokens of a batch, with group_by_length and without it; null where the run does not group'),
  inputChanges: z.array(inputChangeSchema).optional(),
});
export type RunInfo = z.infer<typeof runInfoSchema>;
