import * as tf from '@tensorflow/tfjs-core';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import { type BatchInputs, deviceInputs } from '../../losses/batch-inputs.ts';
import { notFiniteOutputs } from '../../tasks/shared/head-outputs.ts';
import { joinArrays } from '../../tensors/join-arrays.ts';
import type { MeasureOptions } from './measure.ts';

/**
 * Outputs of the model's head for all batches, one after the other, row-major.
 * @throws StudioError not_finite, and what `onProgress` throws
 */
export async function outputsOfBatches(
  model: AdaptedModel,
  batches: readonly BatchInputs[],
  { onProgress }: MeasureOptions,
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (const [done, batch] of batches.entries()) {
    await onProgress(done, batches.length);
    const inputs = deviceInputs(batch);
    const outputs = model.forward(inputs);
    try {
      const values = await outputs.data<'float32'>();
      if (!values.every(Number.isFinite)) throw notFiniteOutputs();
      parts.push(Float32Array.from(values));
    } finally {
      tf.dispose([...Object.values(inputs), outputs]);
    }
  }
  return joinArrays(Float32Array, parts);
}
