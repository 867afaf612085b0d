import { existsSync, readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { attendedValues, goldenPath, relativeDifference, reportDeviation, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

/** Every folder of test/golden with a base and what transformers computes with it. */
const families = readdirSync(goldenPath()).filter((name) => existsSync(goldenPath(name, 'base-outputs.safetensors')));

beforeAll(() => activateCompute(testCompute));

it('finds the families of the golden values', () => {
  expect(families.length).toBeGreaterThan(15);
});

describe.each(families)('%s', (family) => {
  it('gives the outputs of transformers, and keeps no tensor', async () => {
    const inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
    const expected = await readSafetensors(goldenPath(family, 'base-outputs.safetensors'));
    const before = tf.memory().numTensors;
    const base = await loadBaseModel(goldenPath(family, 'base'));
    const model = new AdaptedModel(base);
    const loaded = tf.memory().numTensors;
    const given = tensorsOf(inputs);
    const outputs = model.outputs(given);
    expect(Object.keys(outputs)).toEqual(expect.arrayContaining([...expected.keys()]));
    for (const [name, values] of expected) {
      const actual = outputs[name]?.dataSync() ?? [];
      const difference = relativeDifference(...attendedValues(actual, values, inputs.get('attention_mask')));
      reportDeviation(family, `base ${name}`, difference);
      expect(difference, `${name} is off by ${difference}`).toBeLessThan(1e-5);
    }
    tf.dispose([given, outputs]);
    expect(tf.memory().numTensors).toBe(loaded);
    base.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
