import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { MicroBatch } from '../../../../src-main/engine/losses/batch-loss.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { scoreOutputs } from '../../../../src-main/engine/outcomes/index.ts';
import { AnswerRows } from '../../../../src-main/engine/tasks/preference/answer-rows.ts';
import { examplesOf } from '../../../../src-main/engine/tasks/preference/examples.ts';
import { preferenceLoader } from '../../../../src-main/engine/tasks/preference/load-batch.ts';
import { preferenceLoss } from '../../../../src-main/engine/tasks/preference/losses/index.ts';
import { preferenceOutputs } from '../../../../src-main/engine/tasks/preference/preference-outputs.ts';
import { Reference } from '../../../../src-main/engine/tasks/preference/reference.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { OwnPass } from '../../../../src-main/engine/training/step-gradients.ts';
import { preferenceLossIds, preferenceSettings } from '../../../../src-shared/tasks/preference.ts';
import { floats, goldenPath, relativeDifference, taken } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const numbers = z.array(z.number());
const golden = z
  .object({
    prompts: z.array(numbers),
    chosen: z.array(numbers),
    rejected: z.array(numbers),
    cases: z.array(
      z.object({
        loss_type: z.enum(preferenceLossIds),
        settings: z.record(z.string(), z.number()),
        loss: z.number(),
        sums: numbers,
        references: numbers,
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(goldenPath('preference', 'llama.json'), 'utf8')));
const cases = golden.cases.map((one, at) => ({
  ...one,
  at,
  words: `${one.loss_type} ${JSON.stringify(one.settings)}`,
}));

let model: AdaptedModel;
let expected: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(goldenPath('llama', 'base')));
  model.loadState(await readAdapter(goldenPath('llama', 'adapters', 'lora'), model.base.description));
  expected = await readSafetensors(goldenPath('preference', 'llama.safetensors'));
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
});

const rows = new AnswerRows();
for (const [at, prompt] of golden.prompts.entries()) {
  rows.add({ prompt, answer: golden.chosen[at] ?? [] }, true);
  rows.add({ prompt, answer: golden.rejected[at] ?? [] }, false);
}

function splitOf({ loss_type, settings }: (typeof cases)[number]) {
  const loss = preferenceLoss(loss_type, 'pairs');
  const examples = examplesOf(rows, true, loss.of, 64);
  const reference = loss.score === 'ratio' ? new Reference(examples, model.base, 0) : null;
  return { loss, settings: z.object(preferenceSettings).parse(settings), examples, reference, padding: 0 };
}

async function gradients(batches: readonly MicroBatch[], gradientCheckpointing = false) {
  const pass = new OwnPass(model, { gradientCheckpointing });
  const made = await pass.gradients({ batches, active: [...model.trainable()] });
  const read = new Map<string, Float32Array>();
  for (const [name, gradient] of made.gradients) read.set(name, await gradient.data<'float32'>());
  tf.dispose([...made.gradients.values()]);
  return { ...made, gradients: read };
}

describe.each(cases)('$words', (one) => {
  test('has the loss and the gradients of TRL on the golden llama, with and without checkpointing', async () => {
    const load = preferenceLoader(splitOf(one));
    const batch = await load(Int32Array.from({ length: one.loss_type === 'kto' ? 6 : 3 }, (_, at) => at));
    const before = tf.memory().numTensors;
    for (const gradientCheckpointing of [false, true]) {
      const made = await gradients([batch], gradientCheckpointing);
      expect(made.loss).toBeCloseTo(one.loss, 4);
      expect(made.gradients.size).toBeGreaterThan(0);
      for (const [name, gradient] of made.gradients) {
        const theirs = floats(taken(expected, `${one.at}.base_model.model.${name}`));
        expect(relativeDifference(gradient, theirs), name).toBeLessThan(1e-3);
      }
      expect(Object.keys(made.measures).sort()).toEqual([
        'rewards_accuracies',
        'rewards_chosen',
        'rewards_margins',
        'rewards_rejected',
      ]);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('is evaluated with the same loss, and with the rewards of training', async () => {
    const split = splitOf(one);
    const before = tf.memory().numTensors;
    const indices = Int32Array.from({ length: split.examples.count }, (_, at) => split.examples.count - 1 - at);
    const outputs = await preferenceOutputs(model, split, indices, { batchSize: 2 });
    expect(tf.memory().numTensors).toBe(before);
    const score = await scoreOutputs(outputs);
    const { measures, loss } = await gradients([await preferenceLoader(split)(indices)]);
    // With text trained in addition, the mean of the pairs' means differs from that of the tokens.
    if ((split.loss.of === 'pairs' ? (split.loss.likelihood?.(split.settings).weight ?? 0) : 0) === 0)
      expect(score.loss).toBeCloseTo(loss, 4);
    expect(score.accuracy).toBeCloseTo(measures['rewards_accuracies'] ?? Number.NaN, 6);
    for (const id of ['rewards_chosen', 'rewards_rejected', 'rewards_margins'])
      expect(score.metrics[id]).toBeCloseTo(measures[id] ?? Number.NaN, 4);
    const beta = one.settings['beta'] ?? Number.NaN;
    const reward = (at: number) => {
      const sum = one.sums[at] ?? 0;
      if (split.loss.score === 'ratio') return beta * (sum - (one.references[at] ?? 0));
      return (beta * sum) / ([...golden.chosen, ...golden.rejected][at]?.length ?? 0);
    };
    expect(score.metrics['rewards_chosen']).toBeCloseTo((reward(0) + reward(1) + reward(2)) / 3, 4);
    expect(score.metrics['rewards_rejected']).toBeCloseTo((reward(3) + reward(4) + reward(5)) / 3, 4);
  });
});

test('micro-batches add up to the batch, by their numbers of pairs', async () => {
  const [one] = cases;
  if (one === undefined) throw new Error('no case');
  const load = preferenceLoader(splitOf(one));
  const whole = await gradients([await load(Int32Array.of(0, 1, 2))]);
  const parts = await gradients([await load(Int32Array.of(0, 1)), await load(Int32Array.of(2))]);
  expect(parts.loss).toBeCloseTo(whole.loss, 5);
  for (const [name, gradient] of whole.gradients)
    expect(relativeDifference(parts.gradients.get(name) ?? [], gradient), name).toBeLessThan(1e-4);
  for (const [name, value] of Object.entries(whole.measures)) expect(parts.measures[name]).toBeCloseTo(value, 4);
});

test('the base is asked once for each example, with the adapter off and back on after', async () => {
  const [one] = cases;
  if (one === undefined) throw new Error('no case');
  const { examples } = splitOf(one);
  if (examples.of !== 'pairs') throw new Error('not of pairs');
  const { of, count } = examples;
  let asked = 0;
  const at = (index: number) => {
    asked++;
    return examples.at(index);
  };
  const counted = { of, count, at };
  const reference = new Reference(counted, model.base, 0);
  const [chosen, rejected] = await reference.of(1);
  expect(chosen).toBeCloseTo(one.references[1] ?? Number.NaN, 3);
  expect(rejected).toBeCloseTo(one.references[4] ?? Number.NaN, 3);
  expect(await reference.of(1)).toEqual([chosen, rejected]);
  expect(asked).toBe(1);
});
