import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig, RunFacts } from '../../../src-shared/domain/run.ts';
import { computeBackends } from './index.ts';
import { computeLabels } from './selection.ts';

/**
 * In what the products with the frozen base are computed on the active backend `backendId`. `auto` takes bfloat16 only where
 * the backend timed it to be faster, and keeps to what an earlier part of the same run had, if it can. Throws StudioError('refused') where it is wished for and the backend has no such products.
 */
export function resolveComputeDtype(
  wish: RunConfig['compute_dtype'],
  backendId: string,
  earlier: RunFacts['computeDtype'] | null = null,
): RunFacts['computeDtype'] {
  const backend = computeBackends.find((candidate) => candidate.id === backendId);
  const isFaster = backend?.bfloat16IsFaster;
  if (wish === 'auto' && earlier !== null) return isFaster === undefined ? 'float32' : earlier;
  if (wish === 'auto') return isFaster?.() === true ? 'bfloat16' : 'float32';
  if (wish === 'bfloat16' && isFaster === undefined)
    throw new StudioError(
      'refused',
      `compute_dtype is bfloat16, but the compute backend ${backend === undefined ? backendId : computeLabels[backend.id]} computes in float32 only.`,
      'Set compute_dtype to auto, or choose a compute backend that has bfloat16 (native).',
    );
  return wish;
}
