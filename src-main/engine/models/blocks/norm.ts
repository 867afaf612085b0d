import type * as tf from '@tensorflow/tfjs-core';
import type { FrozenVector } from '../../ops/linear/frozen-vector.ts';
import { layerNorm } from '../../ops/normalization/layer-norm.ts';
import type { FrozenTensors } from './weights.ts';

/** A frozen layer normalization. */
export interface Norm {
  readonly scale: tf.Tensor1D;
  readonly shift: Pick<FrozenVector, 'tensor'>;
  readonly epsilon: number;
}

/** Reads `<name>.weight` and `<name>.bias`. */
export async function loadNorm(tensors: FrozenTensors, name: string, epsilon: number): Promise<Norm> {
  const scale = await tensors.loadVector(`${name}.weight`);
  const shift = await tensors.loadBias(`${name}.bias`);
  return { scale, shift, epsilon };
}

export function applyNorm(norm: Norm, x: tf.Tensor2D): tf.Tensor2D {
  return layerNorm(x, norm.scale, norm.shift.tensor, norm.epsilon);
}
