import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeLlamaFolder } from '../../../../src-main/bench/llama-folder.ts';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { describeOpened, readConfig } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../../src-main/engine/models/huggingface/model-weights.ts';
import { quantizeModel } from '../../../../src-main/engine/models/huggingface/quantize-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { lossGradients } from '../../../../src-main/engine/training/loss-gradients.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const scratch = mkdtempSync(join(tmpdir(), 'coto-quantized-mixture-'));
const source = join(scratch, 'base');
beforeAll(async () => {
  await activateCompute(testCompute);
  const sizes = { layers: 2, hidden: 64, heads: 4, keyValueHeads: 2, inner: 128, vocabulary: 96 };
  await makeLlamaFolder(source, { ...sizes, experts: { count: 4, chosen: 2 } }, 'BF16');
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const tokens = Int32Array.from({ length: 48 }, (_, at) => (at * 13) % 96);

it.each([
  ['Q8_0', 0.1, true],
  ['Q4_0', 0.9, true],
  ['nf4', 0.9, false],
  ['int8', 0.2, false],
] as const)(
  'a mixture in %s trains, its experts quantized as far as the type is for them',
  async (type, limit, isOfExperts) => {
    const folder = mkdtempSync(join(scratch, `${type}-`));
    const config = await readConfig(source);
    const weights = await openModelWeights(source);
    const description = await describeOpened(config, weights);
    const from = { id: 'base', name: 'base', fingerprint: description.fingerprint };
    await quantizeModel({ config, weights, description }, type, from, folder, async () => undefined);
    await weights.close();
    const quantized = await openModelWeights(folder);
    const expert = 'model.layers.1.mlp.experts.3.gate_up_proj.weight';
    expect(quantized.info(expert)).toEqual({ dtype: isOfExperts ? type.toUpperCase() : 'BF16', shape: [256, 64] });
    expect(quantized.info('model.layers.1.self_attn.q_proj.weight').dtype).toBe(type.toUpperCase());
    await quantized.close();
    if (!isOfExperts) {
      // The experts are where transformers looks for them.
      const names = [...(await readSafetensors(join(folder, 'model.safetensors'))).keys()];
      expect(names.filter((name) => name.includes('.experts.3.')).sort()).toEqual(
        [0, 1].flatMap((layer) =>
          ['w1', 'w2', 'w3'].map((own) => `model.layers.${layer}.block_sparse_moe.experts.3.${own}.weight`),
        ),
      );
      expect(readFileSync(join(folder, 'config.json'), 'utf8')).not.toMatch(/\.experts\./);
    }
    const outputs = new Map<string, number[]>();
    for (const one of [source, folder]) {
      const model = new AdaptedModel(await loadBaseModel(one));
      const inputs = { input_ids: tf.tensor2d(tokens, [2, 24], 'int32') };
      const { logits } = model.outputs(inputs);
      outputs.set(one, [...(logits?.dataSync() ?? [])]);
      const settings = adapterSettingsSchema.parse({
        ...{ r: 2, lora_dropout: 0, target_modules: ['q_proj'], target_parameters: ['mlp.experts.down_proj'] },
      });
      await model.createAdapter(settings, { labels: null, random: RandomStream.seeded(1, 'initialization') });
      tf.tidy(() => {
        const { value, gradients } = lossGradients(model, inputs, [...model.trainable().values()], (states) =>
          model.loss(states, tf.tensor1d(tokens, 'int32')),
        );
        expect(Number.isFinite(value.dataSync()[0])).toBe(true);
        expect(gradients.size).toBeGreaterThan(4);
      });
      tf.dispose([inputs, logits]);
      model.dispose();
      model.base.dispose();
    }
    const difference = relativeDifference(outputs.get(folder) ?? [], outputs.get(source) ?? []);
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(limit);
  },
);
