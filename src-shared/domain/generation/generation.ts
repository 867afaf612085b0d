import { z } from 'zod';
import { once } from '../../once.ts';
import { adapterReferenceSchema } from '../adapters/adapter-reference.ts';
import { type ParameterSpec, type ParameterValues, parameterValuesSchema } from '../parameters/parameter.ts';
import { knownValues } from '../parameters/parameter-check.ts';
import { parametersOf } from '../parameters/parameters-of.ts';
import { chatMessageSchema } from './chat-message.ts';

/** JSON schemas of functions that an answer may call, as chat templates read them. */
export const toolsSchema = z.array(z.record(z.string(), z.unknown()));

/** The prompt of a generation: plain text, or a conversation rendered with the model's chat template. */
export const promptSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
  z.strictObject({
    kind: z.literal('chat'),
    messages: z.array(chatMessageSchema).min(1),
    template: z.string().optional().describe("Jinja instead of the model's own chat template"),
    tools: toolsSchema.optional(),
    start: z.string().optional().describe('start of the answer, which the model continues'),
    keptTokens: z.array(z.string()).optional().describe('special tokens that stay in the text, e.g. of tool calls'),
  }),
]);
export type Prompt = z.infer<typeof promptSchema>;

/** A prompt with two answers, which a reward adapter compares. */
export const pairPromptSchema = z.strictObject({
  kind: z.literal('pair'),
  text: z.string(),
  answers: z.array(z.string().min(1)).length(2),
});
export type PairPrompt = z.infer<typeof pairPromptSchema>;

/** Everything that a generation may be asked for. */
export const anyPromptSchema = z.discriminatedUnion('kind', [...promptSchema.options, pairPromptSchema]);

/** Chat templates to choose from for a model: its own, the default first, and published ones. */
export const templateChoicesSchema = z.object({
  own: z.array(z.object({ name: z.string(), text: z.string() })),
  known: z.array(z.object({ id: z.string(), label: z.string(), text: z.string() })),
});
export type TemplateChoices = z.infer<typeof templateChoicesSchema>;

/** A conversation as the model would read it, or why the template does not give one. */
export const renderedPromptSchema = z.object({
  prompt: z.string().nullable(),
  tokens: z.number().int().nullable(),
  problem: z
    .object({ message: z.string(), line: z.number().int().nullable().describe('of the template, from 1') })
    .nullable(),
});
export type RenderedPrompt = z.infer<typeof renderedPromptSchema>;

/** Limit for one generation. */
export const maxNewTokens = 1_000_000;

/** Number of texts that one model writes together: further ones wait. */
export const maxStreams = 8;

export const generationSettingsSchema = z.strictObject({
  max_new_tokens: z.number().int().min(1).max(maxNewTokens).default(128).meta({
    title: 'Max new tokens',
    description: 'Number of tokens to generate at most.',
    unit: 'tokens',
    step: 32,
  }),
  stop: z.array(z.string().min(1)).default([]).meta({
    title: 'Stop strings',
    description: 'Generation ends before the first of these.',
    empty: 'none',
  }),
  seed: z.number().int().default(0).meta({
    title: 'Seed',
    description: 'The same seed gives the same text.',
  }),
  compute_dtype: z.enum(['auto', 'float32', 'bfloat16']).default('float32').meta({
    title: 'Compute dtype',
    description:
      'Precision of the matrix products with the base. bfloat16 is about twice as fast for large models; outputs may differ slightly. auto takes it where it is faster.',
  }),
  /** Parameters of the logits processors, by name; the catalog's `sampling` declares them. */
  sampling: parameterValuesSchema.default({}),
});
/** Settings of a generation besides model, columns, prompt and sampling. */
export const generationParameters = once(() => parametersOf(generationSettingsSchema));
export type GenerationSettings = z.infer<typeof generationSettingsSchema>;

export const modelDefaultsSchema = z.object({
  values: parameterValuesSchema.describe("sampling and max_new_tokens as the model's generation_config.json has them"),
  note: z.string().nullable().describe('which of its settings are not valid and were left out'),
});
/** Settings that take the place of the declared defaults for one model. */
export type ModelDefaults = z.infer<typeof modelDefaultsSchema>;

/** The model's values of some of these settings, with those that a person chose in their place. */
export function overModelDefaults(
  specs: readonly ParameterSpec[],
  { values }: ModelDefaults,
  chosen: ParameterValues,
): ParameterValues {
  return { ...knownValues(specs, values), ...chosen };
}

/** Number of likeliest tokens reported beside each new token; absent: no probabilities are reported. */
export const topTokensSchema = z.number().int().min(0).max(20).optional();

export const generationRequestSchema = generationSettingsSchema.extend({
  topTokens: topTokensSchema,
  model: z.string(),
  /** One generated text per column: from the base alone (null) or with an adapter. */
  columns: z.array(adapterReferenceSchema.nullable()).min(1).max(8),
  prompt: anyPromptSchema,
});
export type GenerationRequest = z.infer<typeof generationRequestSchema>;

/** A generation that is to be started. */
export const generationStartSchema = generationRequestSchema.extend({
  kept: z.boolean().default(true).describe('false: nobody asks for it later; opening the studio removes it'),
});

export const finishReasonSchema = z.enum(['end', 'stop', 'length', 'context', 'cancelled']);
/** Reason for the end of a text: the model's end token, a stop string, the token limit, a full context, or the user. */
export type FinishReason = z.infer<typeof finishReasonSchema>;

const ratesSchema = z.object({
  promptTokens: z.number().int(),
  promptSeconds: z.number(),
  newTokens: z.number().int(),
  generationSeconds: z.number().describe('from the first new token to the last'),
});
export type GenerationRates = z.infer<typeof ratesSchema>;

const likelyTokenSchema = z.object({
  id: z.number().int(),
  text: z.string().describe('the token alone; U+FFFD for a part of a character'),
  logprob: z.number().describe("in nats, by the model's own probabilities, before temperature and other settings"),
});
/** A new token with its probability. */
export const tokenProbabilitySchema = likelyTokenSchema.extend({
  top: z.array(likelyTokenSchema).describe('the likeliest tokens in its position'),
});
export type TokenProbability = z.infer<typeof tokenProbabilitySchema>;

export const generationResultSchema = z.object({
  prompt: z.string().describe('the prompt as the model read it: the conversation rendered with its chat template'),
  columns: z.array(
    ratesSchema.extend({
      text: z.string(),
      finish: finishReasonSchema,
      rewards: z.array(z.number()).optional().describe('of each answer of a pair'),
      tokens: z.array(tokenProbabilitySchema).optional().describe('new tokens of the text, if requested by topTokens'),
    }),
  ),
});
export type GenerationResult = z.infer<typeof generationResultSchema>;

/** New text of a column. */
export const textPieceSchema = ratesSchema.extend({
  column: z.number().int(),
  text: z.string(),
  tokens: z.array(tokenProbabilitySchema).optional().describe('new tokens since the last piece, if requested'),
});
export type TextPiece = z.infer<typeof textPieceSchema>;

/** New tokens per second, without the first one, which comes out of the prompt. */
export function newTokensPerSecond({ newTokens, generationSeconds }: GenerationRates): number | null {
  return newTokens > 1 && generationSeconds > 0 ? (newTokens - 1) / generationSeconds : null;
}
