import { z } from 'zod';
import { pruneDeclarationSchema } from '../adapters/prune.ts';
import { declarationSchema } from '../parameters/parameter.ts';
import { exportTargetSchema } from './export.ts';
import { themeSchema } from './theme.ts';

/** Declarations of every variant, method and target; forms, command line and docs are generated from them. */
export const catalogSchema = z.object({
  adapterVariants: z.array(declarationSchema),
  mergeMethods: z.array(
    declarationSchema.extend({
      /** `adapter`: writes a PEFT folder. `outputs`: several forward passes, evaluated but not stored. */
      makes: z.enum(['adapter', 'outputs']),
      /** True if the method reads training examples of the adapters' datasets. */
      looksAtData: z.boolean().optional(),
    }),
  ),
  pruneMethods: z.array(pruneDeclarationSchema),
  routers: z.array(declarationSchema).describe('ways to choose among several adapters by input'),
  modelFamilies: z.array(declarationSchema),
  datasetReaders: z.array(declarationSchema),
  studies: z.array(declarationSchema),
  exportTargets: z.array(exportTargetSchema),
  targets: z.array(declarationSchema).describe('where a study can be trained besides here'),
  sampling: declarationSchema.describe('how the next token of a text is chosen'),
});
export type Catalog = z.infer<typeof catalogSchema>;

/** Compute backends. */
export const computeIds = ['tensorflow', 'webgpu', 'native', 'wasm'] as const;
export const computeIdSchema = z.enum(computeIds);
/** A compute backend, or the best one that works. */
export const computeChoiceSchema = z.enum(['auto', ...computeIds]);
export type ComputeId = z.infer<typeof computeIdSchema>;

export const computeLabels: Readonly<Record<ComputeId, string>> = {
  tensorflow: 'TensorFlow',
  webgpu: 'WebGPU',
  native: 'Native CPU',
  wasm: 'WebAssembly',
};

export const cardSchema = z.object({
  largestTensorBytes: z.number().describe('of one tensor: programs bind no larger buffer'),
  float16: z.boolean().describe('whether its programs compute in float16: the feature shader-f16'),
});
/** Limits and abilities of a graphics card. */
export type Card = z.infer<typeof cardSchema>;

export const computeBackendReportSchema = z.object({
  id: computeIdSchema,
  label: z.string(),
  available: z.boolean(),
  chosen: z.boolean(),
  kind: z
    .enum(['gpu', 'cpu', 'software'])
    .nullable()
    .describe('kind of device; software: a GPU emulated on the CPU; null if there is none'),
  device: z.string().nullable(),
  memoryBytes: z.number().nullable().describe('memory of the device; null if unknown'),
  card: cardSchema.nullable().describe('null without one, and where the backend does not tell'),
  reason: z.string().describe('why it can be used, or why not and how to enable it'),
  gemmGflops: z
    .number()
    .nullable()
    .describe('float32 matmul of size 512, on a GPU 2048, best rate; null if not measured'),
  gemmBfloat16Gflops: z.number().nullable().describe('the same in bfloat16; null if not measured or not supported'),
});
export type ComputeBackendReport = z.infer<typeof computeBackendReportSchema>;

/** State of the libtensorflow setup; `done` and `total` are in bytes during a download. */
export const tensorflowSetupSchema = z.object({
  state: z.enum(['idle', 'running', 'done', 'failed', 'cancelled']),
  phase: z.string().nullable(),
  done: z.number().nullable(),
  total: z.number().nullable(),
  log: z.string(),
});
export type TensorflowSetup = z.infer<typeof tensorflowSetupSchema>;

/** A folder in the home that no row of the database names. */
export const straySchema = z.object({
  kind: z.enum(['adapter', 'model', 'run', 'report', 'checkpoint']),
  path: z.string().describe('relative to the home'),
  bytes: z.number(),
});
export type Stray = z.infer<typeof straySchema>;

export const doctorReportSchema = z.object({
  version: z.string(),
  node: z.string(),
  electron: z.string().nullable(),
  nativeBuild: z.string().nullable().describe('compiler and flags of the native addon'),
  platform: z.string(),
  cpu: z.string(),
  cores: z.number().int(),
  memoryBytes: z.number(),
  freeMemoryBytes: z.number(),
  home: z.string(),
  logs: z.string().describe('the folder of the log files'),
  freeDiskBytes: z.number(),
  sqlite: z.string(),
  schemaVersion: z.number().int(),
  strays: z.array(straySchema),
  backends: z.array(computeBackendReportSchema),
});
export type DoctorReport = z.infer<typeof doctorReportSchema>;

/** Use of a graphics device; null where it does not tell. */
export const deviceUsageSchema = z.object({
  name: z.string(),
  memoryUsedBytes: z.number().nullable().describe('by every program'),
  memoryTotalBytes: z.number().nullable(),
  utilization: z.number().nullable().describe('share of the time in which it computed, 0 to 1'),
});
export type DeviceUsage = z.infer<typeof deviceUsageSchema>;

export const systemStatusSchema = z.object({
  backend: z.string(),
  memoryUsedBytes: z
    .number()
    .describe('resident memory of the backend and its engine; of an engine in a process of its own on Linux only'),
  memoryTotalBytes: z.number(),
  gpu: deviceUsageSchema.nullable().describe('only while a job is running: asking it keeps a sleeping device awake'),
  diskFreeBytes: z.number(),
  homeBytes: z.number(),
  queued: z.number().int(),
});
export type SystemStatus = z.infer<typeof systemStatusSchema>;

export const settingsSchema = z.strictObject({
  theme: themeSchema.default('system'),
  compute_backend: computeChoiceSchema.default('auto'),
  threads: z.number().int().min(1).nullable().default(null).describe('compute threads; null: one for each core'),
  simple_forms: z.boolean().default(false).describe('whether Train and new studies show their main settings only'),
  forgetting: z
    .boolean()
    .default(true)
    .describe('whether evaluations also measure what an adapter costs its base on neutral inputs'),
  queue_paused: z.boolean().default(false).describe('whether queued trainings and studies wait until they are told to'),
  tour_shown: z.boolean().default(false).describe('whether the tour of the window has been shown'),
});
export type Settings = z.infer<typeof settingsSchema>;
/** A change of one or several settings. Not settingsSchema.partial(): that would fill in the defaults of the others. */
export const settingsChangesSchema = z.strictObject({
  theme: settingsSchema.shape.theme.unwrap().optional(),
  compute_backend: settingsSchema.shape.compute_backend.unwrap().optional(),
  threads: settingsSchema.shape.threads.unwrap().optional(),
  simple_forms: settingsSchema.shape.simple_forms.unwrap().optional(),
  forgetting: settingsSchema.shape.forgetting.unwrap().optional(),
  queue_paused: settingsSchema.shape.queue_paused.unwrap().optional(),
  tour_shown: settingsSchema.shape.tour_shown.unwrap().optional(),
});
export type SettingsChanges = z.infer<typeof settingsChangesSchema>;
