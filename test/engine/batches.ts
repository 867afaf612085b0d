import type { BatchInputs } from '../../src-main/engine/losses/batch-inputs.ts';
import { classLoss, type LabelLoss, type MicroBatch, tokenLoss } from '../../src-main/engine/losses/batch-loss.ts';

/** Batch of examples with one class each. */
export function classBatch(inputs: BatchInputs, labels: Int32Array): MicroBatch<LabelLoss> {
  return { inputs, examples: labels.length, loss: classLoss(labels) };
}

/** Batch of texts with a label for each token; −100 is ignored. */
export function tokenBatch(inputs: BatchInputs, labels: Int32Array): MicroBatch<LabelLoss> {
  return { inputs, examples: inputs['input_ids']?.shape[0] ?? 0, loss: tokenLoss(labels) };
}
