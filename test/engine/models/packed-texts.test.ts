import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { MicroBatch } from '../../../src-main/engine/losses/batch-loss.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { Optimizer } from '../../../src-main/engine/optimizers/optimizer.ts';
import { packedRows } from '../../../src-main/engine/tasks/causal-lm/pack-rows.ts';
import { languageBatch } from '../../../src-main/engine/tasks/shared/pad-rows.ts';
import { TokenRows } from '../../../src-main/engine/tasks/shared/token-rows.ts';
import { TrainingStep } from '../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const padding = 0;
const lengths = [5, 3, 6, 2, 7, 4];
/** Texts of these lengths, the last but the first token of each in the loss. */
const texts = new TokenRows();
for (const [text, length] of lengths.entries())
  texts.add(
    Array.from({ length }, (_, at) => 3 + ((text * 11 + at * 7) % 60)),
    Array.from({ length }, (_, at) => Number(at > 0)),
  );
const rowsOf = (from: TokenRows) => Array.from({ length: from.count }, (_, index) => from.row(index));

it('numbers the texts of each row, and 0 is padding', () => {
  const { inputs, loss } = languageBatch(rowsOf(packedRows(texts, 12)), padding, true);
  expect(inputs['sequence_ids']).toEqual({
    shape: [3, 11],
    data: Int32Array.from([
      ...[1, 1, 1, 1, 1, 2, 2, 2, 0, 0, 0],
      ...[1, 1, 1, 1, 1, 1, 2, 2, 0, 0, 0],
      ...[1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2],
    ]),
  });
  expect(loss.labels.filter((label) => label >= 0)).toHaveLength(lengths.reduce((sum, length) => sum + length - 1, 0));
});

describe.each(['llama', 'mistral', 'llama-dynamic-rope', 'gpt2', 'qwen3'])(
  'packed texts that are kept apart: %s',
  (family) => {
    it.each([false, true])(
      'give the loss and gradients of the texts one by one (checkpointing: %s)',
      async (gradientCheckpointing) => {
        const base = await loadBaseModel(goldenPath(family, 'base'));
        const model = new AdaptedModel(base);
        const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear', r: 4 });
        await model.createAdapter(settings, { random: RandomStream.seeded(3, 'initialization'), labels: null });
        model.setTraining(true);
        const gradientsOf = async (batches: readonly MicroBatch[]) => {
          const all: number[] = [];
          const step = new TrainingStep(model, recorder(all), 0, { gradientCheckpointing });
          const { loss } = await step.run(batches, 0, new Set());
          return { loss, all };
        };
        const before = tf.memory().numTensors;
        const alone = await gradientsOf(rowsOf(texts).map((row) => languageBatch([row], padding)));
        const packed = packedRows(texts, 12);
        const apart = await gradientsOf([languageBatch(rowsOf(packed), padding, true)]);
        expect(Math.abs(apart.loss - alone.loss)).toBeLessThan(1e-5 * alone.loss);
        expect(relativeDifference(apart.all, alone.all)).toBeLessThan(1e-4);
        const joined = await gradientsOf([languageBatch(rowsOf(packed), padding)]);
        expect(relativeDifference(joined.all, alone.all)).toBeGreaterThan(1e-3);
        expect(tf.memory().numTensors).toBe(before);
        model.dispose();
        base.dispose();
      },
    );
  },
);

/** An optimizer that only looks. */
function recorder(seen: number[]): Optimizer {
  return {
    step: (gradients) => {
      for (const gradient of gradients.values()) seen.push(...gradient.dataSync());
    },
    state: async () => ({ steps: new Map(), tensors: new Map() }),
    restore: () => undefined,
    dispose: () => undefined,
  };
}
