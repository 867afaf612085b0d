import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { BatchOrder } from './batch-order.ts';

/** Steps are 32-bit integers wherever they are kept. */
const maxSteps = 2 ** 31 - 1;

/**
 * Number of optimizer steps: `max_steps`, or `num_train_epochs` over the examples.
 * @throws StudioError invalid_input if there are more than can be counted
 */
export function countSteps(config: RunConfig, exampleCount: number): number {
  const steps = config.max_steps > 0 ? config.max_steps : stepsOfEpochs(config, exampleCount);
  if (steps <= maxSteps) return steps;
  throw new StudioError(
    'invalid_input',
    `${config.max_steps > 0 ? 'max_steps' : `num_train_epochs ${config.num_train_epochs}`} makes more than ${maxSteps} steps.`,
    'Choose fewer epochs, or max_steps.',
  ).at(config.max_steps > 0 ? 'max_steps' : 'num_train_epochs');
}

function stepsOfEpochs(config: RunConfig, exampleCount: number): number {
  const perEpoch = BatchOrder.stepsPerEpoch(
    exampleCount,
    config.per_device_train_batch_size,
    config.gradient_accumulation_steps,
  );
  return Math.max(1, Math.ceil(config.num_train_epochs * perEpoch));
}
