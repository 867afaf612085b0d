import { z } from 'zod';
import { gemmRateSchema } from './protocol.ts';

/** Milliseconds of one optimizer step. */
const stepTimeSchema = z.object({
  median: z.number(),
  minimum: z.number(),
  /** Steps that were timed. */
  samples: z.number().int(),
});
export type StepTime = z.infer<typeof stepTimeSchema>;

const entrySchema = z.object({
  shape: z.string(),
  /** A compute backend's id, or `pytorch`. */
  contender: z.string(),
  precision: z.enum(['float32', 'bfloat16']),
  /** An adapter variant's id. */
  adapter: z.string(),
  /** Threads, and for a peer how it was set. */
  configuration: z.string(),
  /** Every module's adapter on. */
  plain: stepTimeSchema,
  /** Mean over masks of CoTo's default schedule: of each mask's median, and of each mask's minimum. */
  coto: stepTimeSchema,
  /**
   * The same with the lowest group of each mask alone: what a step of CoTo would take if all its other adapters cost nothing.
   * null for peers.
   */
  lowestAlone: stepTimeSchema.nullable(),
  /** Of the first steps, every module's adapter on. */
  losses: z.array(z.number()),
  /** Largest |loss / the loss of the first contender with this adapter − 1| over them. */
  lossDifference: z.number(),
  /** Share of a step outside compute kernels, 0 … 1; null for peers and where it cannot be told. */
  outsideKernels: z.number().nullable(),
});
export type BenchEntry = z.infer<typeof entrySchema>;

const missingSchema = z.object({
  /** null: left out for every shape. */
  shape: z.string().nullable(),
  contender: z.string(),
  precision: z.enum(['float32', 'bfloat16']).nullable(),
  /** null: left out with every adapter. */
  adapter: z.string().nullable(),
  reason: z.string(),
});

export const benchReportSchema = z.object({
  version: z.string(),
  startedAt: z.string(),
  /** Cut-down shapes and few steps: no figures to quote. */
  quick: z.boolean(),
  seconds: z.number(),
  machine: z.object({
    cpu: z.string(),
    cores: z.number().int(),
    features: z.array(z.string()).describe('AVX2, AVX-512, AMX and the like; empty where the system does not tell'),
    platform: z.string(),
    node: z.string(),
    memoryBytes: z.number(),
  }),
  shapes: z.array(z.object({ id: z.string(), label: z.string(), detail: z.string() })),
  adapters: z.array(z.object({ id: z.string(), label: z.string() })),
  entries: z.array(entrySchema),
  missing: z.array(missingSchema),
  gemm: z.array(
    z.object({
      contender: z.string(),
      precision: z.enum(['float32', 'bfloat16']),
      rates: z.array(gemmRateSchema),
    }),
  ),
  /** Merging an adapter into its base, in values of the base a second. */
  merging: z.array(
    z.object({ shape: z.string(), contender: z.string(), adapter: z.string(), valuesPerSecond: z.number() }),
  ),
  /** Bytes of the file a second, from the disk cache; `cat` is null where the system has none. */
  loading: z.array(
    z.object({ dtype: z.string(), fileBytes: z.number(), ours: z.number(), cat: z.number().nullable() }),
  ),
});
export type BenchReport = z.infer<typeof benchReportSchema>;
export type BenchPrecision = BenchEntry['precision'];
