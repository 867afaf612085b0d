import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../../../src-main/engine/optimizers/adamw.ts';
import { scoreEnsemble, scoreOutputs } from '../../../../src-main/engine/outcomes/index.ts';
import { TrainingStep } from '../../../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { outcomeSeed } from '../../../outcome-seed.ts';
import { testCompute } from '../../test-compute.ts';
import { jsonlFolder, littleBert, openOn } from '../text-task.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-text-task-'));
let modelDirectory: string;
let base: BaseModel;
beforeAll(async () => {
  await activateCompute(testCompute);
  modelDirectory = littleBert(join(folder, 'bert'));
  base = await loadBaseModel(modelDirectory);
});
afterAll(() => {
  base.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Rows whose label the word good or bad decides; texts of different lengths. */
function rows(count: number, label: (isGood: boolean, isLong: boolean) => unknown): object[] {
  return Array.from({ length: count }, (_, index) => {
    const [isGood, isLong] = [index % 2 === 0, index % 3 === 0];
    const text = `the ${index % 5 < 2 ? 'film' : 'book'} was ${isLong ? 'very long . ' : ''}${isGood ? 'good' : 'bad'}`;
    return { text, label: label(isGood, isLong) };
  });
}

async function trained(data: string, steps: number) {
  const task = await openOn(modelDirectory, base.description, data);
  const model = new AdaptedModel(base);
  const random = RandomStream.seeded(outcomeSeed(1), 'initialization');
  const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear' });
  await model.createAdapter(settings, { random, labels: task.labels });
  const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const step = new TrainingStep(model, optimizer, 1);
  const all = Int32Array.from({ length: task.train.count }, (_, index) => index);
  const losses: number[] = [];
  for (let count = 0; count < steps; count++) {
    const batch = await task.train.load(all);
    losses.push((await step.run([batch], 0.01, new Set())).loss);
  }
  optimizer.dispose();
  const indices = Int32Array.from({ length: task.testCount }, (_, index) => index);
  const outputs = await task.outputs(model, indices, { batchSize: 3 });
  task.close();
  return { task, model, outputs, losses };
}

test('classes are learned and scored, whatever the length of the rows', async () => {
  const data = jsonlFolder(
    join(folder, 'classes'),
    rows(12, (isGood) => (isGood ? 'positive' : 'negative')),
    rows(7, (isGood) => (isGood ? 'positive' : 'negative')),
  );
  const before = tf.memory().numTensors;
  const { task, model, outputs, losses } = await trained(data, 40);
  expect(task.labels).toEqual(['negative', 'positive']);
  expect(losses[0]).toBeGreaterThan(0.4);
  expect(losses.at(-1)).toBeLessThan(0.05);
  const { accuracy, confusion, metrics } = await scoreOutputs(outputs);
  expect(accuracy).toBe(1);
  expect(confusion).toEqual([
    [3, 0],
    [0, 4],
  ]);
  expect(metrics['f1_macro']).toBe(1);
  expect([...task.metrics].sort()).toEqual(['loss', ...Object.keys(metrics)].sort());
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('several labels a text are learned by the binary cross-entropy', async () => {
  const names = (isGood: boolean, isLong: boolean) => [isGood ? 'positive' : 'negative', ...(isLong ? ['long'] : [])];
  const data = jsonlFolder(join(folder, 'sets'), rows(12, names), rows(7, names));
  const { task, model, outputs, losses } = await trained(data, 60);
  expect(task.labels).toEqual(['long', 'negative', 'positive']);
  expect(losses.at(-1)).toBeLessThan(0.1);
  const score = await scoreOutputs(outputs);
  expect(score.accuracy).toBe(1);
  expect([...task.metrics].sort()).toEqual(['loss', ...Object.keys(score.metrics)].sort());
  // Averaging a model with itself changes nothing.
  expect((await scoreEnsemble([outputs, outputs], [1, 3])).loss).toBeCloseTo(score.loss, 10);
  await expect(scoreEnsemble([outputs], [0])).rejects.toThrow('weights of an ensemble');
  model.dispose();
});

test('values are learned by the squared error, and have no accuracy', async () => {
  const value = (isGood: boolean, isLong: boolean) => (isGood ? 1.5 : -0.5) + (isLong ? 0.25 : 0);
  const data = jsonlFolder(join(folder, 'values'), rows(12, value), rows(7, value));
  const { task, model, outputs, losses } = await trained(data, 80);
  expect(task.labels).toEqual(['LABEL_0']);
  expect(losses.at(-1)).toBeLessThan(0.05);
  const score = await scoreOutputs(outputs);
  expect(score.accuracy).toBeNull();
  expect(score.loss).toBeLessThan(0.1);
  expect(score.metrics['pearson']).toBeGreaterThan(0.95);
  expect([...task.metrics].sort()).toEqual(['loss', ...Object.keys(score.metrics)].sort());
  model.dispose();
});

test('pairs have token type ids, and rows are truncated to max_length', async () => {
  const pair = (label: string) => ({ sentence1: 'the film was very good', sentence2: 'a good book', label });
  const data = jsonlFolder(join(folder, 'pairs'), [pair('yes'), pair('no')], [pair('yes')]);
  const task = await openOn(modelDirectory, base.description, data, { max_length: 8 });
  const { inputs, loss } = await task.train.load(Int32Array.of(0, 1));
  expect(inputs['input_ids']?.shape).toEqual([2, 8]);
  // Five places beside the three special tokens: the longer text gives way, to three against two.
  expect([...(inputs['token_type_ids']?.data.subarray(0, 8) ?? [])]).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
  expect(loss).toMatchObject({ labels: Int32Array.of(1, 0) });
  task.close();
});
