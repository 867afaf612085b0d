import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { smoothedCrossEntropy } from '../../../src-main/bench/conformance/reference.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { describeOpened, familyOf, readConfig } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../src-main/engine/models/huggingface/model-weights.ts';
import { smoothedForm } from '../../../src-main/engine/ops/loss/label-form.ts';
import { FullModel } from '../../../src-main/engine/pretrain/full-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { lossGradients } from '../../../src-main/engine/training/loss-gradients.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

it('smooths labels in the loss that trains, as PyTorch does', async () => {
  for (const family of ['llama', 'vit-28']) {
    const { model, close } = await load(family);
    const inputs = tensorsOf(await readSafetensors(goldenPath(family, 'inputs.safetensors')));
    const labels = labelsFor(inputs);
    tf.tidy(() => {
      const states = model.statesFrom(model.embed(inputs));
      const logits = model.base.head(states, model);
      const own = [...labels.dataSync()];
      const classes = logits.shape[1];
      const expected = smoothedCrossEntropy([...logits.dataSync()], own, classes, 0.1);
      expect(scalar(model.loss(states, labels, smoothedForm(0.1)))).toBeCloseTo(expected, 5);
      expect(Math.abs(expected - scalar(model.loss(states, labels)))).toBeGreaterThan(1e-4);
    });
    tf.dispose([labels, inputs]);
    close();
  }
});

/** Tied and untied heads, biases, norms of both kinds, Conv1D, learned positions, images. */
describe.each(['llama', 'llama3', 'qwen2', 'qwen3', 'gpt2', 'vit-28'])('every parameter of %s', (family) => {
  it('is trained: gradients agree with finite differences, tensor by tensor', async () => {
    const { model, variables, close } = await load(family);
    const inputs = tensorsOf(await readSafetensors(goldenPath(family, 'inputs.safetensors')));
    const labels = labelsFor(inputs);
    const before = tf.memory().numTensors;
    const loss = () => tf.tidy(() => scalar(model.loss(model.statesFrom(model.embed(inputs)), labels)));
    const all = [...variables.values()];
    const made = new Map<string, ArrayLike<number>>();
    tf.tidy(() => {
      const { gradients } = lossGradients(model, inputs, all, (states) => model.loss(states, labels));
      for (const [name, one] of variables) made.set(name, gradients.get(one.name)?.dataSync().slice() ?? []);
    });
    const random = RandomStream.seeded(4, 'study');
    for (const [name, variable] of variables) {
      const start = Float32Array.from(variable.dataSync());
      const direction = Float32Array.from(start, () => random.normal());
      const gradient = made.get(name);
      const slope = direction.reduce((sum, value, at) => sum + value * (gradient?.[at] ?? Number.NaN), 0);
      const along = (step: number) => {
        const moved = start.map((value, at) => value + step * (direction[at] ?? 0));
        tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
        return loss();
      };
      const step = 2e-3;
      const difference = (along(step) - along(-step)) / (2 * step);
      along(0);
      expect(Math.abs(slope - difference), `${name}: ${slope} is not ${difference}`).toBeLessThan(
        2e-2 * Math.abs(difference) + 2e-3,
      );
    }
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([labels, inputs]);
    close();
  });
});

async function load(family: string) {
  const config = await readConfig(goldenPath(family, 'base'));
  const weights = await openModelWeights(goldenPath(family, 'base'));
  const variables = new Map<string, tf.Variable>();
  const base = await familyOf(config).load(await describeOpened(config, weights), config, weights, {
    trained: variables,
  });
  await weights.close();
  // A head that is tied to the embedding is no tensor of its own; buffers of old checkpoints are none of the model's.
  expect(variables.size).toBeGreaterThan(10);
  return { model: new FullModel(base, variables), variables, close: () => base.dispose() };
}

function labelsFor(inputs: Record<string, tf.Tensor>): tf.Tensor1D {
  const ids = inputs['input_ids'];
  if (ids)
    return tf.tensor1d(
      Int32Array.from(ids.dataSync(), (id, at) => (at % 5 === 0 ? -100 : (id + 1) % 60)),
      'int32',
    );
  return tf.tensor1d(
    Int32Array.from({ length: inputs['pixel_values']?.shape[0] ?? 0 }, (_, at) => at % 3),
    'int32',
  );
}

function scalar(tensor: tf.Scalar): number {
  return tensor.dataSync()[0] ?? Number.NaN;
}
