import { z } from 'zod';
import { gemmRateSchema } from './protocol.ts';

/** Milliseconds of one optimizer step. */
const stepTimeSchema = z.object({
  median: z.number(),
  minimum: z.number(),
  /** Number of steps timed. */
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
  /** Threads, and the settings of a peer. */
  configuration: z.string(),
  /** Every module's adapter on. */
  plain: stepTimeSchema,
  /** Mean over masks of CoTo's default schedule: of each mask's median, and of each mask's minimum. */
  coto: stepTimeSchema,
  /**
   * The same with only the lowest group of each mask: the time of a CoTo step if all other adapters were free.
   * null for peers.
   */
  lowestAlone: stepTimeSchema.nullable(),
  /**
   * The time of a CoTo step if an adapter that is off cost nothing, and one that is on as much as without CoTo; null for peers,
   * and if no timed mask has the lowest group on.
   */
  onlyActive: stepTimeSchema.nullable(),
  /** Losses of the first steps, with every adapter on. */
  losses: z.array(z.number()),
  /** Largest |loss / loss of the first runner with this adapter − 1| over them. */
  lossDifference: z.number(),
  /** Share of a step outside compute kernels, 0 … 1; null for peers and if it cannot be measured. */
  outsideKernels: z.number().nullable(),
});
export type BenchEntry = z.infer<typeof entrySchema>;

const missingSchema = z.object({
  /** null: left out for every workload. */
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
  /** Reduced workloads and few steps: not for publication. */
  quick: z.boolean(),
  seconds: z.number(),
  /** True if the bench finished; a report from before the end or after an interruption has the rows so far. */
  complete: z.boolean().default(true),
  machine: z.object({
    cpu: z.string(),
    cores: z.number().int(),
    features: z.array(z.string()).describe('AVX2, AVX-512, AMX and the like; empty if unknown'),
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
  /** Merging an adapter into its base, in values of the base per second. */
  merging: z.array(
    z.object({ shape: z.string(), contender: z.string(), adapter: z.string(), valuesPerSecond: z.number() }),
  ),
  /** Steps of several runs on small batches, apart and in one pass. */
  together: z
    .array(
      z.object({
        shape: z.string(),
        contender: z.string(),
        precision: z.enum(['float32', 'bfloat16']),
        adapter: z.string(),
        runs: z.number().int(),
        batch: z.number().int(),
        apart: stepTimeSchema,
        together: stepTimeSchema,
        /** One run on as many examples as all have. */
        wide: stepTimeSchema,
        /** Largest relative difference of a loss from that of the run alone. */
        difference: z.number(),
      }),
    )
    .default([]),
  /** Bytes per second from the disk cache; `cat` is null if the system has none. */
  loading: z.array(
    z.object({ dtype: z.string(), fileBytes: z.number(), ours: z.number(), cat: z.number().nullable() }),
  ),
});
export type BenchReport = z.infer<typeof benchReportSchema>;
export type BenchPrecision = BenchEntry['precision'];
