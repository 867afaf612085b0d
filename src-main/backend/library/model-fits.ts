import { errorText, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/task.ts';
import { requireTask } from '../../engine/tasks/index.ts';
import type { TextTokenizer } from '../../engine/tokenization/tokenizer.ts';
import type { Services } from '../services.ts';
import { modelTokenizer } from './model-tokenizer.ts';
import { requireModel } from './models.ts';

const settings = taskSettingsSchema.parse({});

/** Whether a model can be trained on text at all, and which datasets it can learn with the task that suits both. */
export async function modelFits({ store }: Pick<Services, 'store'>, id: string): Promise<RequestOutput<'models.fits'>> {
  const model = requireModel(store, id);
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
    datasets: store.datasets
      .list()
      .map((dataset) => ({ id: dataset.id, reason: misfitOf(model, dataset.description, tokenizer) })),
  };
}

function misfitOf(model: ModelRecord, dataset: DatasetDescription, tokenizer: TextTokenizer | null): string | null {
  try {
    const task = requireTask('auto', model.description, dataset);
    if (tokenizer !== null && task.reads === 'texts') task.checkTokenizer?.(tokenizer, settings, dataset);
    return null;
  } catch (thrown) {
    return toErrorValue(thrown).message;
  }
}
