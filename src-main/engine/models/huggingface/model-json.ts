import type { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { fileLimits, isLfsPointer, lfsPointer, readForeignText } from '../../../files/foreign-file.ts';

/**
 * The content of a JSON file of a model's folder; null if there is none.
 * @throws StudioError invalid_file naming the file, and the key that is not as `schema` has it.
 */
export async function readModelJson<Value>(file: string, schema: z.ZodType<Value>): Promise<Value | null> {
  const text = await readForeignText(file, fileLimits.config);
  if (text === null) return null;
  if (isLfsPointer(text)) throw lfsPointer(file);
  const refused = (fault: string) =>
    new StudioError('invalid_file', `${file}${fault}.`, 'Copy or download the model again.');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw refused(' is not JSON');
  }
  if (content === null) return null;
  const checked = schema.safeParse(content);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  if (issue?.code === 'invalid_type' && issue.path.length === 0) throw refused(` is not a JSON ${issue.expected}`);
  throw refused(`: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
}
