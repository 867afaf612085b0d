import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import { toStudioError } from '../to-studio-error.ts';

/**
 * Adds the step and the batch to an out-of-memory error, with advice. Other errors stay unchanged. Nothing was updated
 * by then, and the run resumes from its last checkpoint.
 */
export function outOfMemoryAt(thrown: unknown, where: string, batches: readonly MicroBatch[]): unknown {
  const error = toStudioError(thrown);
  if (!(error instanceof StudioError) || error.code !== 'out_of_memory') return thrown;
  return new StudioError(
    'out_of_memory',
    `There was no memory left in ${where}, for micro-batches of ${largestShape(batches)}.`,
    'Close other programs and resume the run from its last checkpoint; or train again with gradient_checkpointing, a smaller per_device_train_batch_size and more gradient_accumulation_steps (auto_find_batch_size chooses them), or a shorter max_length.',
    [error.message, ...(error.details === null ? [] : [error.details])].join('\n'),
  );
}

/** "8 × 512 tokens", or the values of images. */
function largestShape(batches: readonly MicroBatch[]): string {
  const shapes = batches.flatMap(({ inputs }) => {
    const { input_ids, pixel_values } = inputs;
    return input_ids ? [{ ...input_ids, unit: 'tokens' }] : pixel_values ? [{ ...pixel_values, unit: 'values' }] : [];
  });
  const [largest] = shapes.sort((one, other) => other.data.length - one.data.length);
  return largest === undefined ? 'no examples' : `${largest.shape.join(' × ')} ${largest.unit}`;
}
