import type { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { fileLimits, readForeignText } from '../../files/foreign-file.ts';

/** Reads a JSON file of a tokenizer; null if it does not exist. @throws StudioError invalid_file naming the file and the key */
export async function readTokenizerJson<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<z.infer<Schema> | null> {
  const text = await readForeignText(file, fileLimits.tokenizer);
  return text === null ? null : parseTokenizerJson(file, text, schema);
}

/** @throws StudioError invalid_file naming the file and the key */
export function parseTokenizerJson<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StudioError('invalid_file', `${file} is not JSON.`, wayOut);
  }
  return checkTokenizerJson(file, value, schema);
}

/** @throws StudioError invalid_file naming the file and the key */
export function checkTokenizerJson<Schema extends z.ZodType>(
  file: string,
  value: unknown,
  schema: Schema,
): z.infer<Schema> {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const key = issue?.path.join('.') || 'the whole file';
  throw new StudioError('invalid_file', `${file}: ${key}: ${issue?.message ?? 'not valid'}.`, wayOut);
}

const wayOut = 'Copy or download the file again; it must be the one that Transformers wrote for this model.';
