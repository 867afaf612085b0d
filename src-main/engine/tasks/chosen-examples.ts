import { StudioError } from '../../../src-shared/contract/errors.ts';
import { augmentationKey } from '../../../src-shared/domain/runs/augmentation.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { evaluationIndices, fewShotIndices, sampledIndices } from '../data/subset.ts';
import type { ChosenExamples, OpenTask, TaskType, TrainingExamples } from './task-type.ts';

/**
 * The training and test examples of a run. The task must have been opened with its split: the validation examples are its
 * test examples then.
 * @throws StudioError invalid_input if there are too few of either, or no classes to draw from.
 */
export function chosenExamples(config: RunConfig, { train, testCount }: OpenTask): ChosenExamples {
  if (testCount === 0)
    throw new StudioError(
      'invalid_input',
      'The dataset has no test examples to score the run on.',
      'Add a test split, or hold out training examples: eval_split validation with validation_samples.',
    ).at('dataset');
  return { train: trainingExamples(config, train), test: evaluationIndices(testCount, config.eval_samples) };
}

/** @throws StudioError invalid_input where two settings say how many examples to train on */
export function checkSampleCounts({
  train_samples_per_class: perClass,
  max_train_samples: most,
}: Pick<RunConfig, 'train_samples_per_class' | 'max_train_samples'>): void {
  if (perClass > 0 && most > 0)
    throw new StudioError(
      'invalid_input',
      `train_samples_per_class is ${perClass} and max_train_samples is ${most}, but only one can say how many examples to train on.`,
      'Set one of them to 0.',
    ).at('train_samples_per_class');
}

/** @throws StudioError invalid_input if there are no classes to draw from, or too few examples */
export function trainingExamples(
  config: Pick<RunConfig, 'train_samples_per_class' | 'max_train_samples' | 'seed' | 'data_seed'>,
  { count, classes }: Pick<TrainingExamples, 'count' | 'classes'>,
): Int32Array {
  checkSampleCounts(config);
  const perClass = config.train_samples_per_class;
  const seed = config.data_seed ?? config.seed;
  if (perClass === 0) return sampledIndices(count, config.max_train_samples, seed);
  if (classes === null)
    throw new StudioError(
      'invalid_input',
      `train_samples_per_class is ${perClass}, but the examples have no classes.`,
      'Set it to 0 for all examples, or set max_train_samples instead.',
    ).at('train_samples_per_class');
  const { ids, names } = classes;
  return fewShotIndices(ids, names.length, perClass, seed, names);
}

/** @throws StudioError invalid_input where images would be grouped by the length of their text */
export function checkGrouping(
  { group_by_length }: Pick<RunConfig, 'group_by_length'>,
  { declaration }: TaskType,
): void {
  if (group_by_length && declaration.reads === 'images')
    throw new StudioError(
      'invalid_input',
      'group_by_length is on, but images have no length.',
      'Set group_by_length to false.',
    ).at('group_by_length');
}

/** @throws StudioError invalid_input where texts would be augmented as images */
export function checkAugmentation({ augmentation }: Pick<RunConfig, 'augmentation'>, { declaration }: TaskType): void {
  if (augmentation !== null && declaration.reads !== 'images')
    throw new StudioError(
      'invalid_input',
      'augmentation changes training images, but the dataset has texts.',
      'Remove augmentation, or choose a dataset of images.',
    ).at(augmentationKey);
}
