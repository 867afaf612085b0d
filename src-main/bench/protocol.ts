import { z } from 'zod';

/**
 * Protocol between the bench and a runner, a process of the studio or of a peer: one JSON request per line on
 * standard input, one line in response. One problem is loaded at a time. A failure is returned as `{ error }`.
 */
export const precisionSchema = z.enum(['float32', 'bfloat16', 'autocast']);
export type Precision = z.infer<typeof precisionSchema>;

/** Time that passes, or that of all threads of the runner: on a machine that other programs share, the latter says more. */
export const clockSchema = z.enum(['elapsed', 'processor']);
export type Clock = z.infer<typeof clockSchema>;

export const runnerRequestSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('load'),
    shape: z.string(),
    /** An adapter variant's id. */
    adapter: z.string(),
    /**
     * bfloat16: the products with frozen weights; for PyTorch the whole base. autocast: PyTorch's autocast over
     * float32.
     */
    precision: precisionSchema,
    /** PyTorch: layers and loss by torch.compile. */
    compiled: z.boolean(),
    threads: z.number().int(),
    /** Clock for timing steps. */
    clock: clockSchema,
    /** Reduced to a fraction, for a smoke test of the bench. */
    small: z.boolean(),
    /** The problem as a safetensors file: written by the studio's runner if `writes` is set, read by peers. */
    exchange: z.string(),
    writes: z.boolean(),
    /** The folder with models/. */
    resources: z.string(),
  }),
  /** The first optimizer steps after loading, with every adapter on: loss and duration of each. */
  z.object({ do: z.literal('losses'), count: z.number().int() }),
  /** One optimizer step per mask; 1 is on, by layer from the input up. null: every adapter on. */
  z.object({ do: z.literal('time'), masks: z.array(z.array(z.number()).nullable()) }),
  /** The studio only: the share of a step spent outside compute kernels. */
  z.object({ do: z.literal('outside-kernels'), steps: z.number().int() }),
  /** The studio only: rates of products with frozen weights, and of the library called alone. */
  z.object({ do: z.literal('gemm'), seconds: z.number() }),
  /** The studio only: merging the loaded adapter into its base and unmerging it. */
  z.object({ do: z.literal('merge'), rounds: z.number().int() }),
  /** The studio only: steps of `count` runs of a small batch apart and in one pass, on the loaded workload, for so long. */
  z.object({ do: z.literal('together'), count: z.number().int(), batch: z.number().int(), seconds: z.number() }),
  z.object({ do: z.literal('unload') }),
]);
export type RunnerRequest = z.infer<typeof runnerRequestSchema>;

export const gemmRateSchema = z.object({
  rows: z.number().int(),
  inFeatures: z.number().int(),
  outFeatures: z.number().int(),
  gflops: z.number(),
  /** The same product by the backend's library alone; null if the backend cannot measure it. */
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
  together: z.object({
    rounds: z.array(z.object({ apart: z.number(), together: z.number(), wide: z.number() })),
    difference: z.number(),
  }),
  unload: z.object({}),
} satisfies Record<RunnerRequest['do'], z.ZodType>;

export type RunnerAnswer<Kind extends RunnerRequest['do']> = z.infer<(typeof runnerAnswers)[Kind]>;
