import { StudioError } from '../../../src-shared/contract/errors.ts';
import { fileLimits, readForeignText } from '../../files/foreign-file.ts';

/**
 * The content of a JSON file of a model's folder; null if there is none.
 * @throws StudioError invalid_file if it is not JSON.
 */
export async function readModelJson(file: string): Promise<unknown> {
  const text = await readForeignText(file, fileLimits.config);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new StudioError('invalid_file', `${file} is not JSON.`, 'Copy or download the model again.');
  }
}
