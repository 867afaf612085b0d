import { z } from 'zod';
import { describeIssues } from '../../../src-shared/contract/errors.ts';
import { HttpError } from '../http/http-error.ts';

/** Fields of OpenAI's requests that a kind of request does not use. */
export interface UnusedFields {
  /** Fields that would change the answer, with the values that change nothing. */
  readonly unsupported: Readonly<Record<string, readonly unknown[]>>;
  /** Remedies other than leaving the field out. */
  readonly remedies?: Readonly<Record<string, string>>;
}

/** Fields that never change an answer: they label requests for OpenAI's own records. */
const labels: ReadonlySet<string> = new Set(['user', 'metadata', 'safety_identifier', 'prompt_cache_key']);

/** Bounds that no request of a real client reaches; beyond them the parsing itself would keep others waiting. */
const maxFields = 256;
const maxMessages = 4096;

/** @throws HttpError 400 naming what there is too much of */
function requireBounds(body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  const fields = Object.keys(body).length;
  if (fields > maxFields)
    throw new HttpError(400, `The request has ${fields} fields: at most ${maxFields} are read.`, 'invalid_value');
  if ('messages' in body && Array.isArray(body.messages) && body.messages.length > maxMessages)
    throw new HttpError(
      400,
      `messages has ${body.messages.length} entries: at most ${maxMessages} are read.`,
      'invalid_value',
      'messages',
    );
}

/**
 * Parses a request. Every field is used, a label, or rejected by name.
 * @throws HttpError 400 naming the field
 */
export function parseFields<Schema extends z.ZodObject>(
  schema: Schema,
  body: unknown,
  { unsupported, remedies = {} }: UnusedFields,
): z.output<Schema> {
  requireBounds(body);
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw new HttpError(400, `${describeIssues(parsed.error)}.`, 'invalid_value', first?.path.join('.') ?? null);
  }
  const given = z.record(z.string(), z.unknown()).parse(body);
  for (const [key, value] of Object.entries(given)) {
    if (Object.hasOwn(schema.shape, key) || labels.has(key) || value === null) continue;
    const name = key.slice(0, 100);
    if (!Object.hasOwn(unsupported, key))
      throw new HttpError(400, `${name} is no field of this request: leave it out.`, 'unknown_parameter', name);
    if (!changesNothing(value, unsupported[key] ?? [])) {
      const remedy = Object.hasOwn(remedies, key) ? remedies[key] : 'leave it out';
      throw new HttpError(400, `${name} is not supported: ${remedy}.`, 'unsupported_parameter', name);
    }
  }
  return parsed.data;
}

function changesNothing(value: unknown, neutral: readonly unknown[]): boolean {
  if (neutral.includes(value)) return true;
  if (Array.isArray(value)) return value.length === 0 || (value.length === 1 && value[0] === 'text');
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
