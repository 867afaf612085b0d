import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { requireTask } from '../../engine/tasks/index.ts';
import { modelTokenizer } from '../library/model-tokenizer.ts';

/** Throws what the task of a run on texts has against the model's tokenizer. */
export async function checkTokenizer(
  { path, description }: Pick<ModelRecord, 'path' | 'description'>,
  dataset: DatasetDescription,
  config: RunConfig,
): Promise<void> {
  const task = requireTask(config.task, description, dataset);
  const tokenizer = await modelTokenizer(path);
  task.checkTokenizer?.(tokenizer, config, dataset);
}
