import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { routerOf } from '../../../src-main/engine/routing/index.ts';
import { RoutedModel } from '../../../src-main/engine/routing/routed-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { attendedValues, goldenPath, relativeDifference, reportDeviation, taken, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const folder = goldenPath('routing', 'arrow');
const cases: Record<string, ParameterValues> = JSON.parse(readFileSync(`${folder}/cases.json`, 'utf8'));
let base: BaseModel;
let adapters: AdapterState[];

beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('llama', 'base'));
  adapters = await Promise.all(
    [0, 1, 2].map((task) => readAdapter(`${folder}/adapters/task-${task}`, base.description)),
  );
});
afterAll(() => base.dispose());

test.each(Object.keys(cases))("repeats PEFT's Arrow with the settings %s", async (name) => {
  const inputs = await readSafetensors(goldenPath('llama', 'inputs.safetensors'));
  const expected = taken(await readSafetensors(`${folder}/logits.safetensors`), name);
  const before = tf.memory().numTensors;
  const members = adapters.map((state) => {
    const model = new AdaptedModel(base);
    model.loadState(state);
    return model;
  });
  const gate = await routerOf('arrow').open({
    parameters: cases[name] ?? {},
    adapters,
    description: base.description,
    states: async () => [],
    scores: async () => [],
  });
  if (gate.kind !== 'tokens') throw new Error('Arrow routes by token');
  const model = new RoutedModel(base, members, gate, null);
  const given = tensorsOf(inputs);
  const { logits } = model.outputs(given);
  const actual = await logits?.data();
  const difference = relativeDifference(...attendedValues(actual ?? [], expected, inputs.get('attention_mask')));
  reportDeviation('llama', `arrow ${name}`, difference);
  expect(difference).toBeLessThan(1e-5);
  const shares = await model.shares.take();
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  tf.dispose([given, logits ?? []]);
  for (const member of members) member.dispose();
  gate.dispose();
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
