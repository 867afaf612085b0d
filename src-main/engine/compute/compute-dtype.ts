import { StudioError } from '../../../src-shared/contract/errors.ts';
import { computeLabels } from '../../../src-shared/domain/app/catalog.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { RunInfo } from '../../../src-shared/domain/runs/run-info.ts';
import { activeBackend } from './active-backend.ts';
import { computeBackends } from './index.ts';

type ComputeDtype = RunInfo['computeDtype'];

/** The precisions in which a run loads its base on the active backend. */
export function loadPrecision(dtype: ComputeDtype): { readonly bfloat16: boolean; readonly int8: boolean } {
  const int8 = dtype === 'int8';
  const other = activeBackend()?.bfloat16;
  // Products that stay out of integers, such as attention and a language model's head, take bfloat16 where that is faster.
  const bfloat16 = dtype === 'bfloat16' || (int8 && other?.isAvailable() === true && other.isFaster());
  return { bfloat16, int8 };
}

/**
 * Resolves the precision of matrix products with the frozen base on the active backend `backendId`. `auto` takes bfloat16
 * only if the backend measured it to be faster, and keeps the dtype of an earlier part of the same run if possible. Throws
 * StudioError('refused') if a dtype is requested that the backend or the machine has not.
 */
export function resolveComputeDtype(
  wish: RunConfig['compute_dtype'],
  backendId: string,
  earlier: ComputeDtype | null = null,
): ComputeDtype {
  const backend = computeBackends.find((candidate) => candidate.id === backendId);
  const support = backend?.bfloat16;
  const capable = support?.isAvailable() === true ? support : null;
  const keepsHalves = backend?.storage?.keepsHalves ?? false;
  const has = (dtype: ComputeDtype) =>
    dtype === 'float32' ||
    (dtype === 'int8' && backend?.int8?.isAvailable() === true) ||
    (dtype === 'bfloat16' && capable !== null) ||
    (dtype !== 'int8' && keepsHalves);
  if (wish === 'auto' && earlier !== null) return has(earlier) ? earlier : 'float32';
  if (wish === 'auto') return capable?.isFaster() === true ? 'bfloat16' : 'float32';
  if (has(wish)) return wish;
  const name = backend === undefined ? backendId : computeLabels[backend.id];
  if (wish === 'float16')
    throw new StudioError(
      'refused',
      `compute_dtype is float16, but the compute backend ${name} does not compute with it.`,
      'Set compute_dtype to auto, or choose a compute backend that has float16 (webgpu).',
    ).at('compute_dtype');
  if (wish === 'int8')
    throw backend?.int8 === undefined
      ? new StudioError(
          'refused',
          `compute_dtype is int8, but the compute backend ${name} has no products of 8-bit integers.`,
          'Set compute_dtype to auto, or choose a compute backend that has int8 (native).',
        ).at('compute_dtype')
      : new StudioError(
          'refused',
          `compute_dtype is int8, but this processor has no exact products of 8-bit integers (VNNI or AMX) for the compute backend ${name}.`,
          'Set compute_dtype to auto or float32.',
        ).at('compute_dtype');
  throw support === undefined
    ? new StudioError(
        'refused',
        `compute_dtype is bfloat16, but the compute backend ${name} computes in float32 only.`,
        'Set compute_dtype to auto, or choose a compute backend that has bfloat16 (native, webgpu).',
      ).at('compute_dtype')
    : new StudioError(
        'refused',
        `compute_dtype is bfloat16, but this processor has no matrix products in bfloat16 for the compute backend ${name}.`,
        'Set compute_dtype to auto or float32.',
      ).at('compute_dtype');
}
