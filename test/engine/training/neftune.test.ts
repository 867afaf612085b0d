import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { hash } from '../../../src-main/engine/ops/linear/dropout-mask.ts';
import { checkpointedLossGradients, lossGradients } from '../../../src-main/engine/training/loss-gradients.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const tokens = 6;
const idsOf = () => ({
  input_ids: tf.tensor2d(
    Array.from({ length: 2 * tokens }, (_, at) => at % 7),
    [2, tokens],
    'int32',
  ),
});
const alpha = 5;

async function withModel<Result>(family: string, run: (model: AdaptedModel, base: BaseModel) => Promise<Result>) {
  const base = await loadBaseModel(goldenPath(family, 'base'));
  const model = new AdaptedModel(base);
  model.dropout.noiseAlpha = alpha;
  try {
    return await run(model, base);
  } finally {
    model.dispose();
    base.dispose();
  }
}

/** Transformers scales Gemma's rows before its noise, and GPT-2 adds positions after it: neither scales the noise. */
describe.each(['llama', 'gemma', 'gpt2'])('noise on the embeddings of %s', (family) => {
  it('is uniform in ±α / √(tokens · width), by the seed, and in training only', () =>
    withModel(family, async (model) => {
      const values = (seed: number | null) => {
        const inputs = idsOf();
        model.setTraining(seed !== null, seed === null ? undefined : RandomStream.seeded(seed, 'dropout'));
        const { hidden } = model.embed(inputs);
        const read = [...hidden.dataSync()];
        const [, width = 0] = hidden.shape;
        tf.dispose([inputs, hidden]);
        model.setTraining(false);
        return { read, width };
      };
      const [plain, noisy, again, other] = [values(null), values(1), values(1), values(2)];
      const bound = alpha / Math.sqrt(tokens * plain.width);
      const seed = RandomStream.seeded(1, 'dropout').integer(2 ** 32);
      for (const [at, value] of plain.read.entries()) {
        const noise = bound * (hash(Math.imul(at, 0x9e3779b9) ^ seed) / 2 ** 31 - 1);
        expect((noisy.read[at] ?? Number.NaN) - value).toBeCloseTo(noise, 4);
      }
      expect(again).toEqual(noisy);
      expect(other).not.toEqual(noisy);
      expect(values(null)).toEqual(plain);
    }));
});

describe('a pass with noise', () => {
  const settings = adapterSettingsSchema.parse({ r: 2, target_modules: ['q_proj'] });

  it('has gradients that agree with finite differences of the loss under the same noise, with checkpoints too', () =>
    withModel('llama', async (model) => {
      await model.createAdapter(settings, { random: RandomStream.seeded(3, 'initialization'), labels: null });
      const inputs = idsOf();
      const labels = tf.tensor1d(
        Array.from({ length: 2 * tokens }, (_, at) => (at * 3) % 7),
        'int32',
      );
      const passed = (compute: typeof lossGradients) => {
        model.setTraining(true, RandomStream.seeded(4, 'dropout'));
        return tf.tidy(() => {
          const { value, gradients } = compute(model, inputs, [...model.trainable().values()], (states) =>
            model.loss(states, labels),
          );
          const read = Object.fromEntries([...gradients].map(([name, one]) => [name, [...one.dataSync()]]));
          return { loss: value.dataSync()[0] ?? Number.NaN, gradients: read };
        });
      };
      const { loss, gradients } = passed(lossGradients);
      const checkpointed = passed(checkpointedLossGradients);
      expect(checkpointed.loss).toBeCloseTo(loss, 5);
      for (const variable of model.trainable().values()) {
        const gradient = gradients[variable.name] ?? [];
        const other = checkpointed.gradients[variable.name] ?? [];
        for (const [at, slope] of gradient.entries()) expect(other[at]).toBeCloseTo(slope, 5);
        // The entry with the steepest slope: differences of others drown in the rounding of float32.
        const at = gradient.reduce(
          (best, one, place) => (Math.abs(one) > Math.abs(gradient[best] ?? 0) ? place : best),
          0,
        );
        const original = Float32Array.from(variable.dataSync());
        const lossAt = (by: number) => {
          variable.assign(
            tf.tensor(
              original.map((one, place) => (place === at ? one + by : one)),
              variable.shape,
            ),
          );
          return passed(lossGradients).loss;
        };
        const step = 0.02;
        const difference = (lossAt(step) - lossAt(-step)) / (2 * step);
        variable.assign(tf.tensor(original, variable.shape));
        expect(Math.abs(difference - (gradient[at] ?? 0))).toBeLessThan(2e-3 + 0.05 * Math.abs(difference));
      }
      tf.dispose([inputs, labels]);
    }));
});
