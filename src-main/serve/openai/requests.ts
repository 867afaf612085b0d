import { z } from 'zod';
import { HttpError } from '../http/http-error.ts';
import { parseFields } from './fields.ts';
import { callSchema } from './tools/tool-messages.ts';
import { toolChoiceSchema, toolSchema } from './tools/tool-request.ts';

const number = z.number().nullish();
const whole = z.number().int().nullish();
/** Answers to one prompt. */
const maxAnswers = 16;

/** Every token's text is compared with every stop: longer ones would keep others waiting. */
const maxStopCharacters = 1000;

/** Settings of both kinds of request; ranges are those that the studio declares. top_k, min_p and repetition_penalty as vLLM. */
const settings = {
  model: z.string().min(1),
  temperature: number,
  top_p: number,
  top_k: whole,
  min_p: number,
  repetition_penalty: number,
  max_tokens: whole,
  n: z
    .number()
    .int()
    .min(1)
    .max(maxAnswers)
    .nullish()
    .transform((n) => n ?? 1),
  stop: z
    .union([z.string().max(maxStopCharacters), z.array(z.string().max(maxStopCharacters)).max(16)])
    .nullish()
    .transform((stop) => [stop ?? []].flat().filter((text) => text !== '')),
  seed: whole,
  stream: z
    .boolean()
    .nullish()
    .transform((stream) => stream ?? false),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.literal(false).nullish() })
    .nullish(),
};

const textPart = z.looseObject({ type: z.enum(['text', 'refusal']), text: z.string().default('') });
const messageSchema = z
  .looseObject({
    // Templates know no other name for it.
    role: z
      .string()
      .refine((role) => role !== 'function', { error: 'function is not supported: use the role tool' })
      .transform((role) => (role === 'developer' ? 'system' : role)),
    content: z
      .union([z.string(), z.array(textPart)])
      .nullish()
      .transform((content) =>
        typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join('\n'),
      ),
    tool_calls: z.array(callSchema).nullish(),
    function_call: z.null({ error: 'is not supported: use tool_calls' }).optional(),
    audio: z.null({ error: 'is not supported: write the content as text' }).optional(),
  })
  // Templates test for keys of a message: clients send unused ones as null or empty.
  .transform(({ role, content, ...others }) => ({ ...withoutEmpty(others), role, content }));

function withoutEmpty(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isEmpty = (value: unknown) =>
    value === null || value === undefined || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

const chatSchema = z.looseObject({
  ...settings,
  messages: z.array(messageSchema).min(1),
  max_completion_tokens: whole,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  tools: z.array(toolSchema).max(128).nullish(),
  tool_choice: toolChoiceSchema.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
});
export type ChatRequest = z.infer<typeof chatSchema>;

const completionSchema = z.looseObject({
  ...settings,
  prompt: z
    .union([z.string(), z.array(z.string()).min(1).max(16)], { error: 'must be a string, or a list of at most 16' })
    .transform((prompt) => [prompt].flat()),
  echo: z.boolean().nullish(),
  /** OpenAI allows 5. */
  logprobs: z.number().int().min(0).max(20).nullish(),
});
export type CompletionRequest = z.infer<typeof completionSchema>;

const penalties = { logit_bias: [], presence_penalty: [0], frequency_penalty: [0] };

export function parseChat(body: unknown): ChatRequest {
  const request = parseFields(chatSchema, body, {
    unsupported: {
      ...penalties,
      functions: [],
      function_call: ['none', 'auto'],
      audio: [],
      modalities: [],
      prediction: [],
      reasoning_effort: [],
      service_tier: ['auto', 'default'],
      store: [false],
      verbosity: ['medium'],
      web_search_options: [],
    },
    remedies: { functions: 'use tools', function_call: 'use tool_choice' },
  });
  const format = request.response_format?.type ?? 'text';
  if (format !== 'text')
    throw new HttpError(
      400,
      `response_format ${format} is not supported: the answer is text.`,
      'unsupported_parameter',
      'response_format',
    );
  return request;
}

export function parseCompletion(body: unknown): CompletionRequest {
  return parseFields(completionSchema, body, { unsupported: { ...penalties, best_of: [1], suffix: [''] } });
}
