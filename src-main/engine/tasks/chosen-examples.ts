import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { evaluationIndices, fewShotIndices } from '../data/subset.ts';
import type { ChosenExamples, OpenTask, TrainingExamples } from './task-type.ts';

/**
 * The training and test examples of a run.
 * @throws StudioError invalid_input if there are too few of either, or no classes to draw from.
 */
export function chosenExamples(config: RunConfig, { train, testCount }: OpenTask): ChosenExamples {
  if (testCount === 0)
    throw new StudioError(
      'invalid_input',
      'The dataset has no test examples to score the run on.',
      'Add a test split.',
    );
  return { train: trainingExamples(config, train), test: evaluationIndices(testCount, config.eval_samples) };
}

function trainingExamples(config: RunConfig, { count, classes }: TrainingExamples): Int32Array {
  const perClass = config.train_samples_per_class;
  if (perClass === 0) return Int32Array.from({ length: count }, (_, index) => index);
  if (classes === null)
    throw new StudioError(
      'invalid_input',
      `train_samples_per_class is ${perClass}, but the examples have no classes.`,
      'Set it to 0 for all examples, and max_steps for a shorter run.',
    );
  const { ids, names } = classes;
  return fewShotIndices(ids, names.length, perClass, config.data_seed ?? config.seed, names);
}
