import { existsSync } from 'node:fs';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { storedBytes } from '../../reading/limits.ts';
import type { Services } from '../../services/services.ts';
import { describeModelCached } from './models.ts';

/**
 * Compares config and weights of a model with what was added; where sizes and times are the same, no content is read. A folder
 * that is missing, or no model of the studio, is left to whoever reads it.
 * @throws StudioError invalid_file
 */
export async function checkModelFiles(
  { store, reader }: Pick<Services, 'store' | 'reader'>,
  path: string,
): Promise<void> {
  const model = store.models.findByPath(path);
  if (model === null || !existsSync(path)) return;
  const { fingerprint } = await describeModelCached({ store, reader }, path);
  if (fingerprint !== model.description.fingerprint) throw changed(model);
}

/**
 * Compares config and weights of a model with what was added, by their content.
 * @throws StudioError invalid_file
 */
export async function checkStoredModel(
  { reader }: Pick<Services, 'reader'>,
  model: Pick<ModelRecord, 'name' | 'path' | 'description'>,
): Promise<void> {
  const bytes = await storedBytes(model.path);
  const { fingerprint } = await reader.read('model', { folder: model.path }, { bytes });
  if (fingerprint !== model.description.fingerprint) throw changed(model);
}

function changed({ name, path }: Pick<ModelRecord, 'name' | 'path'>): StudioError {
  return new StudioError(
    'invalid_file',
    `The model "${name}" is not what was added: config.json or the weights in ${path} have changed since (SHA-256).`,
    'Put the files back, or add the folder again if the change was meant (coto models add).',
  );
}
