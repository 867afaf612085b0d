import { z } from 'zod';

/**
 * What the bench asks of a contender: a process of its own, ours or a peer's, which reads one request a line from standard
 * input as JSON and answers each with one line. One problem is loaded at a time. A failure is answered `{ error }`.
 */
export const precisionSchema = z.enum(['float32', 'bfloat16', 'autocast']);
export type Precision = z.infer<typeof precisionSchema>;

export const runnerRequestSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('load'),
    shape: z.string(),
    /** An adapter variant's id. */
    adapter: z.string(),
    /** bfloat16: the products with frozen weights; for PyTorch the whole base. autocast: PyTorch's own way, over float32. */
    precision: precisionSchema,
    threads: z.number().int(),
    /** Cut down to a fraction, for a bench that is only to run to its end. */
    small: z.boolean(),
    /** A safetensors file of the problem: written by ours where `writes` says so, read by peers. */
    exchange: z.string(),
    writes: z.boolean(),
    /** The folder that holds models/. */
    resources: z.string(),
  }),
  /** The first optimizer steps after loading, every adapter on: the loss of each, and how long it took. */
  z.object({ do: z.literal('losses'), count: z.number().int() }),
  /** One optimizer step a mask; 1 is on, by layer from the input up. null is every adapter on. */
  z.object({ do: z.literal('time'), masks: z.array(z.array(z.number()).nullable()) }),
  /** Ours only: the share of a step that passes outside compute kernels. */
  z.object({ do: z.literal('outside-kernels'), steps: z.number().int() }),
  /** Ours only: rates of frozen products, and of the library behind them called alone. */
  z.object({ do: z.literal('gemm'), seconds: z.number() }),
  /** Ours only: merging the loaded adapter into its base and taking it out again. */
  z.object({ do: z.literal('merge'), rounds: z.number().int() }),
  z.object({ do: z.literal('unload') }),
]);
export type RunnerRequest = z.infer<typeof runnerRequestSchema>;

export const gemmRateSchema = z.object({
  rows: z.number().int(),
  inFeatures: z.number().int(),
  outFeatures: z.number().int(),
  gflops: z.number(),
  /** The same product by the backend's library called alone; null where the backend cannot tell. */
  libraryGflops: z.number().nullable(),
});
export type GemmRate = z.infer<typeof gemmRateSchema>;

export const runnerAnswers = {
  /** `device` is null for a peer, which names its version instead. */
  load: z.object({ device: z.string().optional(), version: z.string().optional(), threads: z.number().int() }),
  losses: z.object({ losses: z.array(z.number()), milliseconds: z.array(z.number()) }),
  time: z.object({ milliseconds: z.array(z.number()) }),
  'outside-kernels': z.object({ share: z.number().nullable() }),
  gemm: z.object({ rates: z.array(gemmRateSchema) }),
  merge: z.object({ milliseconds: z.array(z.number()), parameters: z.number().int() }),
  unload: z.object({}),
} satisfies Record<RunnerRequest['do'], z.ZodType>;

export type RunnerAnswer<Kind extends RunnerRequest['do']> = z.infer<(typeof runnerAnswers)[Kind]>;
