import { z } from 'zod';
import { adapterReferenceSchema } from '../adapters/adapter-reference.ts';

/** Format of prompts, with lm-eval's names. */
export const benchmarkChatSchema = z.object({
  apply_chat_template: z.boolean().default(false).describe("prompts are conversations, by the base's own template"),
  fewshot_as_multiturn: z
    .boolean()
    .default(true)
    .describe('with a chat template: few-shot examples are turns of their own; else all are in one'),
  system_instruction: z.string().max(100_000).nullable().default(null).describe('before the description of each task'),
});
export type BenchmarkChat = z.infer<typeof benchmarkChatSchema>;

/** Tasks in lm-eval's form, run with a base alone (null) and with adapters, side by side. */
export const benchmarkRequestSchema = z.strictObject({
  model: z.string(),
  tasks: z.string().describe('absolute path of a YAML file of a task, or of a folder with some'),
  columns: z.array(adapterReferenceSchema.nullable()).min(1).max(16),
  limit: z.number().int().min(0).default(0).describe('examples of each task, from its first; 0: all'),
  num_fewshot: z.number().int().min(0).max(1000).nullable().default(null).describe("null: as each task's file says"),
  ...benchmarkChatSchema.shape,
});
export type BenchmarkRequest = z.infer<typeof benchmarkRequestSchema>;

/** A metric of a task after a filter, as lm-eval names both. */
export const benchmarkScoreSchema = z.object({
  metric: z.string(),
  filter: z.string(),
  value: z.number().nullable().describe('null: a perplexity above every number'),
  stderr: z.number().nullable().describe('standard error of a mean; null where it is not one'),
});
export type BenchmarkScore = z.infer<typeof benchmarkScoreSchema>;

export const benchmarkTaskSchema = z.object({
  name: z.string(),
  file: z.string(),
  outputType: z.string(),
  version: z.number().nullable().describe("of the task's own metadata"),
  shots: z.number().int(),
  examples: z.number().int(),
  total: z.number().int().describe('examples without a limit'),
  higherIsBetter: z.record(z.string(), z.boolean()),
  config: z.record(z.string(), z.unknown()).describe('the file'),
  columns: z.array(z.array(benchmarkScoreSchema)).describe('in the order of the request'),
});
export type BenchmarkTask = z.infer<typeof benchmarkTaskSchema>;

/** A task before it is run. */
export const taskSummarySchema = benchmarkTaskSchema
  .pick({ name: true, file: true, outputType: true, shots: true, total: true })
  .extend({ metrics: z.array(z.string()) });
export type TaskSummary = z.infer<typeof taskSummarySchema>;

export const benchmarkResultSchema = z.object({
  tasks: z.array(benchmarkTaskSchema),
  groups: z.array(benchmarkTaskSchema).default([]).describe('averages over tasks'),
  seconds: z.number(),
});
export type BenchmarkResult = z.infer<typeof benchmarkResultSchema>;
