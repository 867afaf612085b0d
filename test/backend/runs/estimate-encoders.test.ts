import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { vectorLoss } from '../../../src-main/engine/losses/batch-loss.ts';
import { squaredError } from '../../../src-main/engine/ops/index.ts';
import { classBatch } from '../../engine/batches.ts';
import { freshModel } from '../../engine/models/fresh-model.ts';
import { estimateOverPeak } from './measured-estimate.ts';

const families = ['modernbert', 'nomic-bert', 'eurobert', 'electra', 'albert', 'mpnet', 'embedding-gemma'] as const;
const ofAttention = ['q_proj', 'v_proj', 'Wqkv', 'query', 'value', 'q', 'v'];
const cases = families.flatMap((family) => [
  { family, targets: ofAttention },
  { family, targets: 'all-linear' },
  { family, targets: 'all-linear', checkpoints: true },
]);
const sizes = {
  hidden_size: 128,
  intermediate_size: 320,
  embedding_size: 64,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  head_dim: 32,
  vocab_size: 300,
  max_position_embeddings: 256,
};
const [batch, tokens] = [16, 128];

describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
  });

  it.for(cases)(
    'the estimate is within 10 percent of what is measured: $family, $targets, checkpointing $checkpoints',
    async (one, { skip }) => {
      const { peakBytes } = backend;
      if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
      const { family, file, base } = await freshModel(one.family, sizes);
      const ids = Int32Array.from({ length: batch * tokens }, (_, at) => (at * 7) % sizes.vocab_size);
      const inputs = { input_ids: { shape: [batch, tokens], data: ids } };
      const isEmbedding = base.description.kind === 'embedding';
      const micro = isEmbedding
        ? { inputs, examples: batch, loss: vectorLoss(batch, { mode: 'mean', dense: [] }, squareLoss) }
        : classBatch(
            inputs,
            Int32Array.from({ length: batch }, (_, at) => at % 3),
          );
      const share = await estimateOverPeak({
        ...{ backend, peakBytes, base, labels: null, micro, batch, outputs: isEmbedding ? 0 : 3 },
        adapter: { target_modules: one.targets },
        memory: family.memory(file, { tokens }),
        gradientCheckpointing: one.checkpoints ?? false,
      });
      expect(share).toBeGreaterThan(0.9);
      expect(share).toBeLessThan(1.1);
    },
  );
});

/** Mean square of the vectors' values. */
function squareLoss(vectors: tf.Tensor2D): tf.Scalar {
  return squaredError(vectors, tf.zeros<tf.Rank.R2>(vectors.shape));
}
