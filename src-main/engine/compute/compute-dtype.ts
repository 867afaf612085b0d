import { StudioError } from '../../../src-shared/contract/errors.ts';
import { computeLabels } from '../../../src-shared/domain/catalog.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import type { RunInfo } from '../../../src-shared/domain/run-info.ts';
import { computeBackends } from './index.ts';

/**
 * Resolves the precision of matrix products with the frozen base on the active backend `backendId`. `auto` takes bfloat16
 * only if the backend measured it to be faster, and keeps the dtype of an earlier part of the same run if possible. Throws
 * StudioError('refused') if bfloat16 is requested but not supported.
 */
export function resolveComputeDtype(
  wish: RunConfig['compute_dtype'],
  backendId: string,
  earlier: RunInfo['computeDtype'] | null = null,
): RunInfo['computeDtype'] {
  const backend = computeBackends.find((candidate) => candidate.id === backendId);
  const support = backend?.bfloat16;
  const capable = support?.isAvailable() === true ? support : null;
  if (wish === 'auto' && earlier !== null) return capable === null ? 'float32' : earlier;
  if (wish === 'auto') return capable?.isFaster() === true ? 'bfloat16' : 'float32';
  if (wish === 'bfloat16' && capable === null) {
    const name = backend === undefined ? backendId : computeLabels[backend.id];
    throw support === undefined
      ? new StudioError(
          'refused',
          `compute_dtype is bfloat16, but the compute backend ${name} computes in float32 only.`,
          'Set compute_dtype to auto, or choose a compute backend that has bfloat16 (native).',
        )
      : new StudioError(
          'refused',
          `compute_dtype is bfloat16, but this processor has no matrix products in bfloat16 for the compute backend ${name}.`,
          'Set compute_dtype to auto or float32.',
        );
  }
  return wish;
}
