import { z } from 'zod';
import { describeIssues } from '../../../src-shared/contract/errors.ts';
import { HttpError } from '../http/http-error.ts';

const number = z.number().nullish();
const whole = z.number().int().nullish();

/** Settings of both kinds of request; ranges are those that the studio declares. top_k, min_p and repetition_penalty as vLLM. */
const settings = {
  model: z.string().min(1),
  temperature: number,
  top_p: number,
  top_k: whole,
  min_p: number,
  repetition_penalty: number,
  max_tokens: whole,
  stop: z
    .union([z.string(), z.array(z.string()).max(16)])
    .nullish()
    .transform((stop) => [stop ?? []].flat().filter((text) => text !== '')),
  seed: whole,
  stream: z
    .boolean()
    .nullish()
    .transform((stream) => stream ?? false),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
};

const textPart = z.looseObject({ type: z.enum(['text', 'refusal']), text: z.string().default('') });
const messageSchema = z.looseObject({
  // Templates know no other name for it.
  role: z.string().transform((role) => (role === 'developer' ? 'system' : role)),
  content: z
    .union([z.string(), z.array(textPart)])
    .nullish()
    .transform((content) =>
      typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join('\n'),
    ),
});

const chatSchema = z.looseObject({
  ...settings,
  messages: z.array(messageSchema).min(1),
  max_completion_tokens: whole,
});
export type ChatRequest = z.infer<typeof chatSchema>;

const completionSchema = z.looseObject({
  ...settings,
  prompt: z
    .union([z.string(), z.array(z.string()).min(1).max(16)], { error: 'must be a string, or a list of at most 16' })
    .transform((prompt) => [prompt].flat()),
  echo: z.boolean().nullish(),
});
export type CompletionRequest = z.infer<typeof completionSchema>;

/** Settings that would change the answer and are not there, with the values that change nothing. */
const missing: Readonly<Record<string, readonly unknown[]>> = {
  n: [1],
  best_of: [1],
  logprobs: [false, 0],
  top_logprobs: [0],
  logit_bias: [],
  presence_penalty: [0],
  frequency_penalty: [0],
  suffix: [''],
  tools: [],
  functions: [],
  tool_choice: ['none', 'auto'],
  function_call: ['none', 'auto'],
  audio: [],
  modalities: [],
};

export function parseChat(body: unknown): ChatRequest {
  return parse(chatSchema, body);
}

export function parseCompletion(body: unknown): CompletionRequest {
  return parse(completionSchema, body);
}

/** @throws HttpError 400 naming the field */
function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw new HttpError(400, `${describeIssues(parsed.error)}.`, 'invalid_value', first?.path.join('.') ?? null);
  }
  const given = z.record(z.string(), z.unknown()).parse(body);
  for (const [key, value] of Object.entries(given))
    if (Object.hasOwn(missing, key) && !changesNothing(value, missing[key] ?? []))
      throw new HttpError(400, `${key} is not supported: leave it out.`, 'unsupported_parameter', key);
  const format = z.looseObject({ type: z.string() }).safeParse(given['response_format']).data?.type ?? 'text';
  if (format !== 'text')
    throw new HttpError(
      400,
      `response_format ${format} is not supported: the answer is text.`,
      'unsupported_parameter',
      'response_format',
    );
  return parsed.data;
}

function changesNothing(value: unknown, neutral: readonly unknown[]): boolean {
  if (value === null || value === undefined || neutral.includes(value)) return true;
  if (Array.isArray(value)) return value.length === 0 || (value.length === 1 && value[0] === 'text');
  return typeof value === 'object' && Object.keys(value).length === 0;
}
