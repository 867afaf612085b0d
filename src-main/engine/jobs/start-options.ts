import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { FreshOptions } from '../adapters/fresh/fresh-adapter.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import type { TrainTask } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import type { BaseModel } from '../models/base-model.ts';
import { chosenExamples } from '../tasks/chosen-examples.ts';
import type { TaskOnData } from '../tasks/open-task.ts';
import { loadTokenizer } from '../tokenization/tokenizer.ts';
import { RunCalibration } from '../training/calibration.ts';

/**
 * Returns the sources that an initialization may need: training examples, the seed adapter, and a progress callback.
 * `what` names the cancelled work.
 */
export async function startOptions(
  {
    config,
    initAdapterDirectory: seed,
    modelDirectory,
  }: Pick<TrainTask, 'config' | 'initAdapterDirectory' | 'modelDirectory'>,
  context: TaskContext,
  base: BaseModel,
  opened: TaskOnData,
  what: 'run' | 'export',
): Promise<Pick<FreshOptions, 'calibration' | 'headTask' | 'onModule' | 'roundingRepeat' | 'seed' | 'tokenId'>> {
  const source = {
    examples: chosenExamples(config, opened).train,
    batchSize: config.per_device_train_batch_size,
    seed: config.seed,
    headTask: opened.type.declaration.taskType,
    loadBatch: opened.train.load,
  };
  return {
    headTask: opened.type.declaration.taskType,
    roundingRepeat: config.rounding_repeat,
    ...(await tokenOptions(config, modelDirectory)),
    ...(seed === undefined ? {} : { seed: await readAdapter(seed, base.description) }),
    calibration: new RunCalibration(base, source, context),
    onModule: async (done, total) => {
      if ((await context.signal()) === 'cancel') throw new StudioError('cancelled', `The ${what} was cancelled.`);
      const counts = { done, total, unit: 'modules', perSecond: null, etaSeconds: null };
      context.emit({ kind: 'progress', progress: { phase: 'Initializing', ...counts } });
    },
  };
}

/** Reads the tokenizer only where tokens are trained. */
async function tokenOptions(
  { adapter }: TrainTask['config'],
  modelDirectory: string,
): Promise<Pick<FreshOptions, 'tokenId'>> {
  if ((adapter.trainable_token_indices ?? null) === null) return {};
  const tokenizer = await loadTokenizer(modelDirectory);
  return { tokenId: (text) => tokenizer.idOf(text) };
}
