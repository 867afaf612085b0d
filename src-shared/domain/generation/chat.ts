import { z } from 'zod';
import { parameterValuesSchema } from '../parameters/parameter.ts';
import { finishReasonSchema } from './generation.ts';

/** Chat template that turns a conversation into a prompt. */
export const chosenTemplateSchema = z.object({
  id: z.string().describe('"own", "own:NAME", "known:ID" or "custom"'),
  text: z.string().nullable().describe("Jinja; null: the model's own default"),
});
export type ChosenTemplate = z.infer<typeof chosenTemplateSchema>;

const answerSchema = z.object({ name: z.string(), text: z.string(), finish: finishReasonSchema.nullable() });
export type ChatAnswer = z.infer<typeof answerSchema>;

/** A message of the user with the answers of all columns. Turns with the same parent are branches of one conversation. */
export const chatTurnSchema = z.object({
  id: z.string(),
  parentId: z.string().nullable().describe('turn before this one; null: the first'),
  user: z.string(),
  seed: z.number().int().describe('seed of the answers'),
  answers: z.array(answerSchema),
  continued: z.number().int().min(0).describe('index of the answer that later turns continue'),
});
export type ChatTurn = z.infer<typeof chatTurnSchema>;

/** A conversation of the Playground: what was asked, of which columns, with what settings, and the last answers. */
export const chatContentSchema = z.object({
  /** Ids of adapters; null is the base alone. */
  columns: z.array(z.string().nullable()),
  kind: z.enum(['text', 'chat', 'pair']),
  text: z.string(),
  /** Two answers to the prompt, for reward adapters. */
  pair: z.array(z.string()).length(2).default(['', '']),
  system: z.string(),
  /** Chats saved before conversations had branches have messages instead of turns. */
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).default([]),
  turns: z.array(chatTurnSchema).default([]),
  /** Last turn of the branch that is shown. */
  lastTurn: z.string().nullable().default(null),
  template: chosenTemplateSchema,
  settings: parameterValuesSchema,
  sampling: parameterValuesSchema,
  answers: z.array(answerSchema),
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
