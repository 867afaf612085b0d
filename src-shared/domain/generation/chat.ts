import { z } from 'zod';
import { parameterValuesSchema } from '../parameters/parameter.ts';
import { finishReasonSchema } from './generation.ts';

/** Chat template that turns a conversation into a prompt. */
export const chosenTemplateSchema = z.object({
  id: z.string().describe('"own", "own:NAME", "known:ID" or "custom"'),
  text: z.string().nullable().describe("Jinja; null: the model's own default"),
});
export type ChosenTemplate = z.infer<typeof chosenTemplateSchema>;

/** A conversation of the Playground: what was asked, of which columns, with what settings, and the last answers. */
export const chatContentSchema = z.object({
  /** Ids of adapters; null is the base alone. */
  columns: z.array(z.string().nullable()),
  kind: z.enum(['text', 'chat', 'pair']),
  text: z.string(),
  /** Two answers to the prompt, for reward adapters. */
  pair: z.array(z.string()).length(2).default(['', '']),
  system: z.string(),
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  template: chosenTemplateSchema,
  settings: parameterValuesSchema,
  sampling: parameterValuesSchema,
  answers: z.array(z.object({ name: z.string(), text: z.string(), finish: finishReasonSchema.nullable() })),
});
export type ChatContent = z.infer<typeof chatContentSchema>;

export const chatSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  modelId: z.string(),
  updatedAt: z.number().describe('milliseconds since 1970'),
});
export type ChatSummary = z.infer<typeof chatSummarySchema>;

export const chatRecordSchema = chatSummarySchema.extend({ content: chatContentSchema, createdAt: z.number() });
export type ChatRecord = z.infer<typeof chatRecordSchema>;
