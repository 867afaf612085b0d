import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { tokenBatch } from '../../engine/batches.ts';
import { freshModel } from '../../engine/models/fresh-model.ts';
import { estimateOverPeak } from './measured-estimate.ts';

/** Golden families whose layers differ in what they keep for the backward pass. */
const families = [
  'llama',
  'qwen3',
  'gemma',
  'gemma2',
  'gemma3',
  'granite',
  'olmo2',
  'olmo3',
  'smollm3',
  'ministral3',
  'phi',
  'phi3',
  'glm4',
  'cohere2',
  'starcoder2',
  'stablelm',
  'gpt-neox',
  'gpt-neox-sequential',
  'opt',
  'opt-350m',
  'qwen3.5',
  'lfm2',
];
const cases = families.flatMap((family) => [
  { family, targets: ['q_proj', 'v_proj', 'qkv_proj', 'query_key_value', 'in_proj', 'in_proj_qkv'] },
  { family, targets: 'all-linear' },
]);
const sizes = {
  hidden_size: 128,
  intermediate_size: 320,
  ffn_dim: 320,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
  linear_key_head_dim: 32,
  linear_value_head_dim: 32,
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

  it.for(cases)('the estimate is within 10 percent of what is measured: $family, $targets', async (one, { skip }) => {
    const { peakBytes } = backend;
    if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
    const { family, file, base } = await freshModel(one.family, sizes);
    const ids = Int32Array.from({ length: batch * tokens }, (_, at) => (at * 7) % sizes.vocab_size);
    const micro = tokenBatch({ input_ids: { shape: [batch, tokens], data: ids } }, ids);
    const share = await estimateOverPeak({
      ...{ backend, peakBytes, base, labels: null, micro, batch, outputs: 0 },
      adapter: { target_modules: one.targets },
      memory: family.memory(file, { tokens }),
    });
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1.1);
  });
});
