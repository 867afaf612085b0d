import { memoryRemedy, StudioError } from '../../src-shared/contract/errors.ts';

const outOfMemory =
  /out of memory|cannot enlarge memory|memory access out of bounds|array buffer allocation failed|bad_alloc|OOM/i;
const deviceLost = /device (was )?lost|CUDA_ERROR|GPU.*(hang|reset)/i;

/** Converts two failures that libraries report in their own words to errors with a code and a hint. */
export function toStudioError(thrown: unknown): unknown {
  if (thrown instanceof StudioError || !(thrown instanceof Error)) return thrown;
  if (outOfMemory.test(thrown.message))
    return new StudioError(
      'out_of_memory',
      'The compute backend ran out of memory.',
      memoryRemedy,
      thrown.stack ?? thrown.message,
    );
  if (deviceLost.test(thrown.message))
    return new StudioError(
      'device_lost',
      'The compute device was lost.',
      'Choose another compute backend in Settings if it happens again.',
      thrown.stack ?? thrown.message,
    );
  return thrown;
}
