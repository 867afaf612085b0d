import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { RandomStream } from '../../../../src-shared/random.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';

/**
 * PEFT's start of LoRA's factors. A [rank, in]: 'kaiming' is torch's kaiming_uniform_ with a = √5, which is uniform within
 * ±1/√in; 'gaussian' is normal with standard deviation 1/rank. B [out, rank] is zero, so the adapter starts without
 * effect.
 */
export function initializeFactors(
  module: Pick<LinearModule, 'inFeatures' | 'outFeatures'>,
  rank: number,
  method: 'kaiming' | 'gaussian',
  random: RandomStream,
): { a: HostTensor; b: HostTensor } {
  const bound = 1 / Math.sqrt(module.inFeatures);
  const draw = method === 'gaussian' ? () => random.normal() / rank : () => (2 * random.uniform() - 1) * bound;
  return {
    a: { shape: [rank, module.inFeatures], data: Float32Array.from({ length: rank * module.inFeatures }, draw) },
    b: { shape: [module.outFeatures, rank], data: new Float32Array(module.outFeatures * rank) },
  };
}

/** Standard deviation with which transformers starts a new head (`initializer_range`). */
const headDeviation = 0.02;

/** A fresh task head as transformers starts it: weight [rows, in] normal with deviation 0.02, bias [rows] zero. */
export function initializeHead(
  rows: number,
  inFeatures: number,
  random: RandomStream,
): { weight: HostTensor; bias: HostTensor } {
  return {
    weight: {
      shape: [rows, inFeatures],
      data: Float32Array.from({ length: rows * inFeatures }, () => random.normal() * headDeviation),
    },
    bias: { shape: [rows], data: new Float32Array(rows) },
  };
}
