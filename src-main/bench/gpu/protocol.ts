import { z } from 'zod';
import { computeIdSchema } from '../../../src-shared/domain/app/catalog.ts';
import {
  adapterSchema,
  cardLimitsSchema,
  conformanceSchema,
  engineProductSchema,
  stepMemorySchema,
  trajectorySchema,
} from './report.ts';
import { trajectoryIds } from './trajectory-ids.ts';

/**
 * Protocol between `coto doctor --gpu` and the process that computes on a card: JSON lines, as the bench's. A process that
 * hangs or crashes loses one request.
 */
export const gpuRequestSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('probe') }),
  z.object({ do: z.literal('limits'), quick: z.boolean() }),
  z.object({ do: z.literal('products'), quick: z.boolean(), limits: cardLimitsSchema.nullable() }),
  /** Cases from the given place in the suite's order on, until so many seconds have passed. */
  z.object({ do: z.literal('conformance'), from: z.number().int(), seconds: z.number() }),
  z.object({ do: z.literal('trajectory'), id: z.enum(trajectoryIds), resources: z.string(), folder: z.string() }),
  z.object({
    do: z.literal('load'),
    shape: z.string(),
    small: z.boolean(),
    resources: z.string(),
    folder: z.string(),
    /** A file for the problem, from which PyTorch starts; null: none is written. */
    exchange: z.string().nullable(),
  }),
  /** Full steps of the loaded workload, after two that are not timed. */
  z.object({ do: z.literal('steps'), seconds: z.number(), most: z.number().int() }),
]);
export type GpuRequest = z.infer<typeof gpuRequestSchema>;

export const gpuAnswers = {
  probe: z.object({
    id: computeIdSchema,
    available: z.boolean(),
    reason: z.string(),
    adapter: adapterSchema.nullable(),
  }),
  limits: cardLimitsSchema,
  products: z.object({ products: z.array(engineProductSchema) }),
  /** `next`: the place of the first case that was not checked; null after the last. */
  conformance: conformanceSchema.extend({ next: z.number().int().nullable() }),
  trajectory: trajectorySchema,
  load: z.object({}),
  steps: z.object({
    milliseconds: z.array(z.number()),
    loss: z.number().nullable(),
    dispatches: z.number().nullable(),
    submissions: z.number().nullable(),
    readBacks: z.number().nullable(),
    processorMilliseconds: z.number(),
    memory: stepMemorySchema.omit({ cardBytes: true }),
  }),
} satisfies Record<GpuRequest['do'], z.ZodType>;
export type GpuAnswer<Kind extends GpuRequest['do']> = z.infer<(typeof gpuAnswers)[Kind]>;
