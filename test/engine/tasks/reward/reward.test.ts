import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { MicroBatch } from '../../../../src-main/engine/losses/batch-loss.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { lossOfPair, measuresOfPairs, pairLoss } from '../../../../src-main/engine/tasks/reward/pair-loss.ts';
import { rewardOutputs } from '../../../../src-main/engine/tasks/reward/reward-outputs.ts';
import { languageBatch } from '../../../../src-main/engine/tasks/shared/pad-rows.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { OwnPass } from '../../../../src-main/engine/training/step-gradients.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const numbers = z.array(z.number());
const golden = z
  .object({
    prompts: z.array(numbers),
    chosen: z.array(numbers),
    rejected: z.array(numbers),
    rewards: numbers,
    cases: z.array(z.object({ coefficient: z.number(), loss: z.number() })),
  })
  .parse(JSON.parse(readFileSync(goldenPath('reward', 'pairs.json'), 'utf8')));
const count = golden.prompts.length;
const cases = golden.cases.map((one, at) => ({ ...one, at }));

let model: AdaptedModel;
let expected: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(goldenPath('llama', 'base')));
  model.loadState(await readAdapter(goldenPath('reward', 'adapter'), model.base.description));
  expected = await readSafetensors(goldenPath('reward', 'gradients.safetensors'));
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
});

const rowOf = (answers: number[][], pair: number) => {
  const ids = Int32Array.from([...(golden.prompts[pair] ?? []), ...(answers[pair] ?? [])]);
  return { ids, marks: new Uint8Array(ids.length) };
};

function load(pairs: readonly number[], coefficient: number): MicroBatch {
  const rows = [golden.chosen, golden.rejected].flatMap((answers) => pairs.map((pair) => rowOf(answers, pair)));
  const { inputs } = languageBatch(rows, 0);
  return { inputs, examples: pairs.length, loss: pairLoss(pairs.length, coefficient) };
}

const all = Array.from({ length: count }, (_, pair) => pair);

describe.each(cases)('the loss of pairs with the coefficient $coefficient', ({ coefficient, loss, at }) => {
  test.each([
    ['in one batch', [all], false],
    ['in two batches', [all.slice(0, 2), all.slice(2)], false],
    ['with gradient checkpointing', [all], true],
  ] as const)(
    'has the value and the gradients of the double-precision reference %s',
    async (_, parts, gradientCheckpointing) => {
      const pass = new OwnPass(model, { gradientCheckpointing });
      const batches = parts.map((pairs) => load(pairs, coefficient));
      const made = await pass.gradients({ batches, active: [...model.trainable()] });
      expect(made.loss).toBeCloseTo(loss, 5);
      expect(made.gradients.size).toBe(19);
      for (const [name, gradient] of made.gradients) {
        const reference = expected.get(`${at}.base_model.model.${name}`);
        if (reference === undefined) throw new Error(`no gradient of ${name} among ${[...expected.keys()]}`);
        expect(relativeDifference(await gradient.data<'float32'>(), reference.data), name).toBeLessThan(1e-4);
      }
      tf.dispose([...made.gradients.values()]);
    },
  );

  test('is the mean of the pairs’ losses in an evaluation, in the order of the indices', async () => {
    const pairs = { load: (some: readonly number[]) => load(some, coefficient), lengthOf: lengthOfPair, coefficient };
    const indices = Int32Array.from([3, 1, 0, 2]);
    const outputs = await rewardOutputs(model, pairs, indices, { batchSize: 3 });
    for (const [at, pair] of indices.entries()) {
      expect(outputs.chosen[at]).toBeCloseTo(golden.rewards[pair] ?? Number.NaN, 4);
      expect(outputs.rejected[at]).toBeCloseTo(golden.rewards[count + pair] ?? Number.NaN, 4);
    }
    expect(outputs.losses.reduce((sum, one) => sum + one, 0) / count).toBeCloseTo(loss, 4);
  });
});

const lengthOfPair = (pair: number) => rowOf(golden.chosen, pair).ids.length;

test('the loss of a pair is −log σ of its margin, without overflow', () => {
  expect(lossOfPair(1, 0, 0)).toBeCloseTo(Math.log(1 + Math.exp(-1)), 12);
  expect(lossOfPair(0, 1, 0.5)).toBeCloseTo(Math.log(1 + Math.exp(1)) + 0.5, 12);
  expect(lossOfPair(-2000, 0, 0)).toBe(2000);
});

test('measures have TRL’s names', () => {
  expect(measuresOfPairs(Float32Array.of(2, 0, 1, 3))).toEqual({
    rewards_chosen: { sum: 2, count: 2 },
    rewards_rejected: { sum: 4, count: 2 },
    rewards_margins: { sum: -2, count: 2 },
    rewards_accuracies: { sum: 1, count: 2 },
  });
});

test('a model without a head of one output is refused', async () => {
  const plain = new AdaptedModel(model.base);
  const pairs = { load: (some: readonly number[]) => load(some, 0), lengthOf: lengthOfPair, coefficient: 0 };
  await expect(rewardOutputs(plain, pairs, Int32Array.of(0), { batchSize: 1 })).rejects.toMatchObject({
    code: 'refused',
    message: 'The model has no head that gives a text one reward.',
  });
  plain.dispose();
});
