import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { mergeMethod } from '../../../src-main/engine/merge/methods/index.ts';
import { mergeStates } from '../../../src-main/engine/merge/run/merge-states.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { RoutedModel } from '../../../src-main/engine/routing/routed-model.ts';
import { oneHot, topEqual, topSoftmax } from '../../../src-main/engine/routing/weights.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../golden.ts';
import { randomAdapter } from '../jobs/random-adapters.ts';
import { testCompute } from '../test-compute.ts';

const folder = goldenPath('llama', 'base');
let base: BaseModel;
let scratch: string;
let inputs: Record<string, tf.Tensor>;
let lora: AdapterState[];

beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(folder);
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-routed-'));
  const made = await Promise.all(
    [1, 2].map((seed) =>
      randomAdapter(path.join(scratch, `lora-${seed}`), seed, null, ['q_proj', 'down_proj'], folder),
    ),
  );
  lora = await Promise.all(made.map((directory) => readAdapter(directory, base.description)));
  inputs = tensorsOf(await readSafetensors(goldenPath('llama', 'inputs.safetensors')));
});
afterAll(async () => {
  tf.dispose(inputs);
  base.dispose();
  await rm(scratch, { recursive: true, force: true });
});

async function routed(
  states: readonly AdapterState[],
  combines: 'outputs' | 'parameters',
  weights: (rows: number) => tf.Tensor2D,
): Promise<Float32Array> {
  const members = states.map(modelOf);
  const model = new RoutedModel(base, members, { kind: 'rows', combines, weights: ({ rows }) => weights(rows) }, null);
  const logits = model.forward(inputs);
  const values = await logits.data<'float32'>();
  tf.dispose(logits);
  for (const one of [...members, model]) one.dispose();
  return values;
}

function modelOf(state: AdapterState): AdaptedModel {
  const model = new AdaptedModel(base);
  model.loadState(state);
  return model;
}

async function alone(state: AdapterState): Promise<Float32Array> {
  const model = modelOf(state);
  const logits = model.forward(inputs);
  const values = await logits.data<'float32'>();
  tf.dispose(logits);
  model.dispose();
  return values;
}

const half = (rows: number) => tf.fill<tf.Rank.R2>([rows, 2], 0.5);
const second = (rows: number) => oneHot(new Int32Array(rows).fill(1), 2);
const merged = (states: readonly AdapterState[], method: string) =>
  mergeStates(
    {
      method: mergeMethod(method),
      weights: [0.5, 0.5],
      parameters: {},
      base: { description: base.description, directory: folder },
    },
    states,
  );

test('a row whose whole weight is on one adapter runs like that adapter alone', async () => {
  const expected = await alone(lora[1] as AdapterState);
  expect(relativeDifference(await routed(lora, 'outputs', second), expected)).toBeLessThan(1e-5);
  expect(relativeDifference(await routed(lora, 'parameters', second), expected)).toBeLessThan(1e-5);
});

test('equal weights on the outputs are the ΔW average, on the factors the factor average', async () => {
  const byDelta = await alone(await merged(lora, 'weight-average'));
  const byFactors = await alone(await merged(lora, 'factor-average'));
  expect(relativeDifference(await routed(lora, 'outputs', half), byDelta)).toBeLessThan(1e-4);
  expect(relativeDifference(await routed(lora, 'parameters', half), byFactors)).toBeLessThan(1e-5);
  expect(relativeDifference(byDelta, byFactors)).toBeGreaterThan(1e-2);
});

test.each(['dora', 'ia3', 'hira'])('mixes %s with LoRA by their outputs', async (name) => {
  const other = await readAdapter(goldenPath('llama', 'adapters', name), base.description);
  const states = [lora[0] as AdapterState, other];
  expect(relativeDifference(await routed(states, 'outputs', second), await alone(other))).toBeLessThan(1e-5);
});

test('frees its tensors', async () => {
  const before = tf.memory().numTensors;
  await routed(lora, 'outputs', half);
  expect(tf.memory().numTensors).toBe(before);
});

test('weights are those of the highest scores, and the first of equal ones', async () => {
  const scores = tf.tensor2d([
    [1, 3, 2],
    [5, 5, 5],
  ]);
  const weights = topEqual(scores, 2);
  expect(Array.from(await weights.data())).toEqual([0, 0.5, 0.5, 0.5, 0.5, 0]);
  const soft = Array.from(await topSoftmax(scores, 2, 0.5).data());
  const share = 1 / (1 + Math.exp(-2));
  expect(soft.slice(0, 3)).toEqual([0, expect.closeTo(share, 6), expect.closeTo(1 - share, 6)]);
});
