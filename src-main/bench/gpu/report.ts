import { z } from 'zod';
import { computeIdSchema } from '../../../src-shared/domain/app/catalog.ts';

/** Result of a part of the proof. */
const outcomeSchema = z.enum(['passed', 'failed', 'unfinished', 'crashed', 'hung', 'refused', 'skipped']);
export type Outcome = z.infer<typeof outcomeSchema>;

/** A part of the proof of one backend. */
const partFields = {
  outcome: outcomeSchema,
  /** A sentence where it did not pass; empty where it did. */
  reason: z.string(),
  seconds: z.number(),
};

export const failedCheckSchema = z.object({
  name: z.string(),
  /** Part that was compared: the value, a gradient by its input, or the error. */
  what: z.string(),
  difference: z.number().nullable().describe('relative; null where it gave no number'),
  tolerance: z.number().nullable(),
});

/** Cases of the conformance suite against double precision. */
export const conformanceSchema = z.object({
  total: z.number().int(),
  checked: z.number().int(),
  passed: z.number().int(),
  largestValueDifference: z.number(),
  largestGradientDifference: z.number(),
  failures: z.array(failedCheckSchema),
});
export type Conformance = z.infer<typeof conformanceSchema>;

/** Losses of a small base that is trained a few steps, beside those that the native backend gave. */
export const trajectorySchema = z.object({
  id: z.string(),
  label: z.string(),
  losses: z.array(z.number().nullable()).describe('null: not a number'),
  golden: z.array(z.number()),
  difference: z.number().nullable().describe('largest relative one; null where a loss is not a number'),
  tolerance: z.number(),
});
export type Trajectory = z.infer<typeof trajectorySchema>;

/** Peak rates of the card, measured by single-purpose programs. */
export const cardLimitsSchema = z.object({
  /** Multiply-adds in registers alone, in GFLOPS. */
  peakGflops: z.object({ float32: z.number(), float16: z.number().nullable() }),
  /** Bytes read and written a second in copying large buffers, in 10⁹. */
  copyGigabytes: z.number(),
  /** The best of several tilings of one product size × size × size. */
  product: z.object({
    size: z.number().int(),
    float32Gflops: z.number(),
    float32Tiling: z.string(),
    float16Gflops: z.number().nullable().describe('stored in float16, summed in float32; null without shader-f16'),
    float16Tiling: z.string().nullable(),
  }),
});
export type CardLimits = z.infer<typeof cardLimitsSchema>;

/** The engine's own product with a frozen weight. */
export const engineProductSchema = z.object({
  label: z.string(),
  rows: z.number().int(),
  inner: z.number().int(),
  columns: z.number().int(),
  milliseconds: z.number(),
  gflops: z.number(),
  /** Operands read and result written once, over the time; in 10⁹ a second. */
  gigabytes: z.number(),
  /** Share of what the card allows by `limits`: the lower of its tuned product's rate and its copying rate. */
  shareOfLimit: z.number().nullable(),
});
export type EngineProduct = z.infer<typeof engineProductSchema>;

export const stepMemorySchema = z.object({
  /** Bytes of tensors that the backend holds on the device, with buffers that it keeps for reuse. */
  deviceBytes: z.number().nullable(),
  /** Memory of all programs on the card, as reported by its driver. */
  cardBytes: z.number().nullable(),
  /** Largest resident memory of the process. */
  processBytes: z.number(),
});

export const gpuStepSchema = z.object({
  shape: z.string(),
  label: z.string(),
  small: z.boolean(),
  ...partFields,
  medianMilliseconds: z.number().nullable(),
  minimumMilliseconds: z.number().nullable(),
  steps: z.number().int(),
  loss: z.number().nullable().describe('of the last step'),
  /** Dispatches of one step, counted if the backend supports counting: WebGPU. */
  dispatches: z.number().nullable(),
  submissions: z.number().nullable(),
  readBacks: z.number().nullable(),
  /** Processor time of one step of the whole process. */
  processorMilliseconds: z.number().nullable(),
  memory: stepMemorySchema.nullable(),
});
export type GpuStep = z.infer<typeof gpuStepSchema>;

export const adapterSchema = z.object({
  device: z.string(),
  kind: z.enum(['gpu', 'cpu', 'software']).describe('software: a software renderer on the CPU'),
  memoryBytes: z.number().nullable(),
  /** Driver name, as the driver reports it. */
  driver: z.string().nullable(),
  features: z.array(z.string()),
  limits: z.record(z.string(), z.number()),
});
export type AdapterInfo = z.infer<typeof adapterSchema>;

export const backendProofSchema = z.object({
  id: computeIdSchema,
  label: z.string(),
  available: z.boolean(),
  reason: z.string(),
  adapter: adapterSchema.nullable(),
  limits: z.object({ ...partFields, found: cardLimitsSchema.nullable() }).nullable(),
  products: z.object({ ...partFields, found: z.array(engineProductSchema) }).nullable(),
  conformance: z.object({ ...partFields, found: conformanceSchema.nullable() }).nullable(),
  trajectories: z.object({ ...partFields, found: z.array(trajectorySchema) }).nullable(),
  steps: z.array(gpuStepSchema),
});
export type BackendProof = z.infer<typeof backendProofSchema>;

export const gpuReportSchema = z.object({
  version: z.string(),
  startedAt: z.string(),
  seconds: z.number(),
  quick: z.boolean(),
  /** False: interrupted, with what was measured until then. */
  complete: z.boolean(),
  machine: z.object({
    cpu: z.string(),
    cores: z.number().int(),
    platform: z.string(),
    node: z.string(),
    memoryBytes: z.number(),
  }),
  backends: z.array(backendProofSchema),
  /** The same steps by PyTorch. */
  pytorch: z.object({
    python: z.string().nullable(),
    version: z.string().nullable(),
    device: z.string().nullable(),
    reason: z.string(),
    steps: z.array(gpuStepSchema),
  }),
});
export type GpuReport = z.infer<typeof gpuReportSchema>;
