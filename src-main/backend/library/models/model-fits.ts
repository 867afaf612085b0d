import { errorText, toErrorValue } from '../../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../../src-shared/contract/requests.ts';
import type { DatasetDescription, DatasetRecord } from '../../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { taskSettingsSchema } from '../../../../src-shared/domain/runs/task.ts';
import { requireTask } from '../../../engine/api/tasks.ts';
import type { TextTokenizer } from '../../../engine/api/text.ts';
import type { Services } from '../../services/services.ts';
import { modelTokenizer } from './model-tokenizer.ts';
import { requireModel } from './models.ts';

const settings = taskSettingsSchema.parse({});

type Model = Pick<ModelRecord, 'name' | 'path' | 'description'>;
type Dataset = Pick<DatasetRecord, 'id' | 'description'>;

/**
 * Reports if a model can be trained on text, and lists the datasets that it can learn with the task that suits both.
 */
export async function modelFits(
  { store, reader }: Pick<Services, 'store' | 'reader'>,
  id: string,
): Promise<RequestOutput<'models.fits'>> {
  const { name, path, description } = requireModel(store, id);
  const datasets = store.datasets.list().map((dataset) => ({ id: dataset.id, description: dataset.description }));
  return reader.read('fits', { model: { name, path, description }, datasets });
}

/** Reads the model's tokenizer. */
export async function fitsOf(model: Model, datasets: readonly Dataset[]): Promise<RequestOutput<'models.fits'>> {
  let tokenizer: TextTokenizer | null = null;
  let problem: string | null = null;
  if (model.description.text !== null)
    try {
      tokenizer = await modelTokenizer(model.path);
    } catch (thrown) {
      problem = errorText(thrown);
    }
  return {
    problem,
    datasets: datasets.map(({ id, description }) => ({ id, reason: misfitOf(model, description, tokenizer) })),
  };
}

function misfitOf(model: Model, dataset: DatasetDescription, tokenizer: TextTokenizer | null): string | null {
  try {
    const task = requireTask('auto', model.description, dataset);
    if (tokenizer !== null && task.declaration.reads === 'texts') task.checkTokenizer?.(tokenizer, settings, dataset);
    return null;
  } catch (thrown) {
    return toErrorValue(thrown).message;
  }
}
