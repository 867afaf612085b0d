import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type ModelConfigFile, readConfig } from '../../../engine/api/models.ts';

/** Configs of models have four levels at most. */
const maxLevels = 64;

/**
 * Counterpart of `readConfig` whose result can be sent to another process.
 * @throws StudioError invalid_file for one that nests so deep that copying it would fill the stack
 */
export async function readModelConfig(folder: string): Promise<ModelConfigFile> {
  const config = await readConfig(folder);
  let level: unknown[] = [config.value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxLevels)
      throw new StudioError(
        'invalid_file',
        `${config.path} nests more than ${maxLevels} levels deep.`,
        'Copy or download the model again.',
      );
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return config;
}
