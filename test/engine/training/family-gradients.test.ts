import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { namesOff } from '../../../src-main/engine/adapters/passes/adapter-groups.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { checkpointedLossGradients, lossGradients } from '../../../src-main/engine/training/loss-gradients.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const cases = [
  { family: 'gpt2', labels: Array.from({ length: 36 }, (_, index) => (index * 7) % 64), mask: [1, 0] },
  { family: 'gpt2', labels: Array.from({ length: 36 }, (_, index) => (index * 7) % 64), mask: [0, 1] },
  { family: 'roberta', labels: [2, 0, 1], mask: [1, 0] },
  { family: 'distilbert', labels: [2, 0, 1], mask: [0, 1] },
  { family: 'deberta-v2', labels: [2, 0, 1], mask: [1, 0] },
  { family: 'deberta-v2', labels: [2, 0, 1], mask: [0, 1] },
  { family: 'albert', labels: [2, 0, 1], mask: [1] },
  // Two layers of texts, then two of images.
  { family: 'clip', labels: [2, 0, 1, 0], mask: [1, 0, 0, 1] },
  { family: 'clip', labels: [2, 0, 1, 0], mask: [0, 0, 1, 1] },
  { family: 'clip', labels: [2, 0, 1, 0], mask: [0, 0, 0, 1] },
].flatMap((one) => [
  { ...one, mask: null },
  { ...one, mask: one.mask },
]);

describe.each(cases)('$family with the layers $mask', ({ family, labels, mask }) => {
  it('has the gradients of finite differences, the same with checkpointing, and keeps no tensor', async () => {
    const base = await loadBaseModel(goldenPath(family, 'base'));
    const model = new AdaptedModel(base);
    model.loadState(await readAdapter(goldenPath(family, 'adapters', 'lora'), base.description));
    const groups = model.groups('layer');
    const units = family === 'albert' ? 1 : base.layerCount;
    expect(groups.map(({ layer }) => layer)).toEqual(Array.from({ length: units }, (_, layer) => layer));
    const bits = mask && Uint8Array.from(mask);
    model.setActive(groups, bits);
    const frozen = namesOff(groups, bits, 'variableNames');
    const variables = [...model.trainable()].filter(([name]) => !frozen.has(name));
    const inputs = tensorsOf(await readSafetensors(goldenPath(family, 'inputs.safetensors')));
    const given = tf.tensor1d(labels, 'int32');
    const before = tf.memory().numTensors;
    const gradientsBy = (compute: typeof lossGradients) =>
      tf.tidy(() => {
        const list = variables.map(([, variable]) => variable);
        const { gradients } = compute(model, inputs, list, (states) => model.loss(states, given));
        expect(gradients.size).toBe(variables.length);
        return variables.map(([, variable]) => Float32Array.from(gradients.get(variable.name)?.dataSync() ?? []));
      });
    const plain = gradientsBy(lossGradients);
    const checkpointed = gradientsBy(checkpointedLossGradients);
    plain.forEach((gradient, index) => {
      expect(relativeDifference(checkpointed[index] ?? [], gradient)).toBeLessThan(1e-6);
    });

    const random = RandomStream.seeded(6, 'study');
    const directions = plain.map((gradient) => gradient.map(() => random.normal()));
    const slope = plain.reduce((sum, gradient, index) => sum + dot(gradient, directions[index] ?? []), 0);
    const start = variables.map(([, variable]) => Float32Array.from(variable.dataSync()));
    const lossAt = (step: number): number => {
      variables.forEach(([, variable], index) => {
        const moved = start[index]?.map((value, at) => value + step * (directions[index]?.[at] ?? 0)) ?? [];
        tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
      });
      return tf.tidy(() => model.loss(model.statesFrom(model.forwardBelow(inputs)), given).dataSync()[0] ?? Number.NaN);
    };
    // So small that no relu of DistilBERT's head bends on the way.
    const difference = (lossAt(1e-4) - lossAt(-1e-4)) / 2e-4;
    expect(Math.abs(difference - slope) / Math.abs(slope)).toBeLessThan(5e-3);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([inputs, given]);
    model.dispose();
    base.dispose();
  });
});

function dot(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return Array.from(one).reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
}
