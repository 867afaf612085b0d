import { z } from 'zod';

/** Most examples or prompts whose answers a run keeps. */
export const maxSamples = 16;

/** Settings of a run's samples, as `runConfigSchema` has them. */
export const sampleSettings = {
  sample_count: z.number().int().min(0).max(maxSamples).default(4).meta({
    title: 'Samples',
    description:
      'Number of examples whose answers are kept at every evaluation: the class of an image or a text, or the text of a language model. Off if eval_steps is 0 and eval_on_start is off. It changes no result. Samples of a classifier cost no time.',
    unit: 'examples',
    advanced: true,
    group: 'Optimization',
  }),
  sample_prompts: z.array(z.string().min(1)).max(maxSamples).default([]).meta({
    title: 'Sample prompts',
    description:
      'Prompts that a language model answers at every evaluation, also at a single one at the end. They replace the prompts of the test examples.',
    empty: 'from the test examples',
    advanced: true,
    group: 'Optimization',
  }),
  sample_tokens: z.number().int().min(1).max(512).default(32).meta({
    title: 'Sample length',
    description:
      'Maximum number of tokens of a sample that a language model writes. All samples are generated greedily in one batch, which adds as many steps of generation to an evaluation.',
    unit: 'tokens',
    advanced: true,
    group: 'Optimization',
  }),
};

/** Returns true if a run keeps samples: evaluations during training are on, or the user typed prompts. */
export function isSampled({
  sample_count,
  sample_prompts,
  eval_steps,
  eval_on_start,
}: {
  readonly sample_count: number;
  readonly sample_prompts: readonly string[];
  readonly eval_steps: number;
  readonly eval_on_start: boolean;
}): boolean {
  return sample_prompts.length > 0 || (sample_count > 0 && (eval_steps > 0 || eval_on_start));
}

/** Input of a sample: a prompt, or an example for a classifier. */
export const sampleInputSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('prompt'),
    text: z.string(),
    reference: z.string().nullable().describe('the answer in the data; null where a person wrote the prompt'),
  }),
  z.object({ kind: z.literal('text'), text: z.string(), truth: z.string() }),
  z.object({
    kind: z.literal('image'),
    truth: z.string(),
    height: z.number().int(),
    width: z.number().int(),
    channels: z.number().int(),
    /** height × width × channels bytes, row by row; shrunk where the image is larger than a thumbnail. */
    pixels: z.instanceof(Uint8Array),
  }),
]);
export type SampleInput = z.infer<typeof sampleInputSchema>;

export const sampleAnswerSchema = z.object({
  text: z.string().describe('what was written, or the class'),
  probability: z.number().nullable().describe('of the class'),
  isRight: z.boolean().nullable().describe('null where nothing is right or wrong'),
  ended: z
    .boolean()
    .optional()
    .describe('whether the model wrote an end token within sample_tokens; absent for classes and in older records'),
});
export type SampleAnswer = z.infer<typeof sampleAnswerSchema>;

/** The answers of one evaluation, in the order of the inputs. */
export const sampledStepSchema = z.object({
  step: z.number().int(),
  milliseconds: z.number().describe('that the answers took beside the evaluation'),
  answers: z.array(sampleAnswerSchema),
});
export type SampledStep = z.infer<typeof sampledStepSchema>;

export const runSamplesSchema = z.object({ inputs: z.array(sampleInputSchema), steps: z.array(sampledStepSchema) });
/** Answers to the same inputs over the evaluations of a run, the earliest first. */
export type RunSamples = z.infer<typeof runSamplesSchema>;
