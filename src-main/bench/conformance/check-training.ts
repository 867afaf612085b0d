import * as tf from '@tensorflow/tfjs-core';
import { RandomStream } from '../../../src-shared/random.ts';
import { AdamW } from '../../engine/api/steps.ts';
import { as1D, as2D } from '../../engine/ops/autograd/operation.ts';
import {
  FrozenWeight,
  frozenLinear,
  linearCrossEntropy,
  smoothedCrossEntropy,
  softmaxCrossEntropy,
} from '../../engine/ops/index.ts';
import { differentiated } from './differentiated.ts';
import { normal, readAndDispose } from './drawn.ts';
import { AdamWReference } from './reference.ts';
import { relativeDifference } from './relative-difference.ts';

/** Something of a training step that is more than one operation. */
export interface TrainingCheck {
  readonly name: string;
  /** Relative difference that it may have. */
  readonly tolerance: number;
  /** Relative difference on the active backend. */
  run(): Promise<number>;
}

export const trainingChecks: readonly TrainingCheck[] = [
  {
    name: 'smooths labels as PyTorch 2.13 does: cross_entropy(label_smoothing=0.1) and its gradient',
    tolerance: 1e-5,
    run: smoothLabels,
  },
  {
    name: 'computes a cross-entropy over a large vocabulary in blocks as it does in one piece',
    tolerance: 2e-6,
    run: compareBlocks,
  },
  { name: 'takes steps of AdamW over several parameters at once', tolerance: 2e-6, run: takeSteps },
];

async function smoothLabels(): Promise<number> {
  const logits = as2D(tf.tensor([1, 2, -0.5, 0.25, -1, 3, 0, 0.5, 0.125], [3, 3]));
  const labels = as1D(tf.tensor([1, 0, -100], [3], 'int32'));
  const { value, gradients } = differentiated(() => smoothedCrossEntropy(logits, labels, 0.1), [logits]);
  const expected = [0.1101914346, -0.1218306124, 0.0116391964, -0.4371317923, -0.0082047833, 0.4453365803, 0, 0, 0];
  const ofValue = relativeDifference(await value.data(), [1.6336209774]);
  const ofGradient = relativeDifference(await readAndDispose(tf.stack(gradients)), expected);
  tf.dispose([logits, labels, value, gradients]);
  return Math.max(ofValue, ofGradient);
}

async function compareBlocks(): Promise<number> {
  const [rows, hidden, vocabulary] = [130, 3, 70_000];
  const random = RandomStream.seeded(3, 'study');
  const weight = Float32Array.from(normal(vocabulary * hidden, 1, random));
  const frozen = new FrozenWeight({ shape: [vocabulary, hidden], data: weight }, null);
  const values = normal(rows * hidden, 1, random);
  const labels = values.slice(0, rows).map((_, row) => (row % 5 === 0 ? -100 : row * 517));
  const of = async (loss: (x: tf.Tensor2D, labels: tf.Tensor1D) => tf.Scalar) => {
    const [value, ...gradients] = tf.tidy(() => {
      const labelTensor = as1D(tf.tensor(labels, [rows], 'int32'));
      const x = tf.tensor2d(values, [rows, hidden]);
      const made = differentiated(() => loss(x, labelTensor), [x]);
      return [made.value, ...made.gradients];
    });
    const read = [];
    for (const tensor of [value, ...gradients]) if (tensor) read.push(...(await readAndDispose(tensor)));
    return read;
  };
  const blocks = await of((x, wanted) => linearCrossEntropy(x, frozen, wanted));
  const whole = await of((x, wanted) => softmaxCrossEntropy(frozenLinear(x, frozen), wanted));
  frozen.dispose();
  return relativeDifference(blocks, whole);
}

/** Infinite where a tensor that shares a variable's first storage has not kept its values. */
async function takeSteps(): Promise<number> {
  const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1 };
  const random = RandomStream.seeded(2, 'study');
  const shapes: Record<string, [number, number]> = { one: [3, 7], two: [1, 1], three: [8, 5] };
  const values = new Map(Object.entries(shapes).map(([name, [a, b]]) => [name, normal(a * b, 1, random)]));
  const variables = new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      tf.tidy(() => tf.variable(tf.tensor2d(values.get(name) ?? [], shape))),
    ]),
  );
  const shared = [...variables.values()].map((variable) => tf.clone(variable));
  const optimizer = new AdamW(variables, settings);
  const expected = new Map([...values].map(([name, start]) => [name, new AdamWReference(start, settings)]));
  for (let step = 0; step < 4; step++) {
    // The second parameter is off in one step.
    const names = [...values.keys()].filter((name) => step !== 1 || name !== 'two');
    const gradients = new Map(names.map((name) => [name, normal(values.get(name)?.length ?? 0, 3, random)]));
    const tensors = new Map(
      [...gradients].map(([name, gradient]) => [name, tf.tensor2d(gradient, shapes[name] ?? [0, 0])]),
    );
    optimizer.step(tensors, 0.01 * (step + 1), 0.5);
    tf.dispose([...tensors.values()]);
    // A copy that was read must not outlive the next step.
    for (const variable of variables.values()) await variable.data();
    for (const [name, gradient] of gradients) expected.get(name)?.step(gradient, 0.01 * (step + 1), 0.5);
  }
  let difference = 0;
  for (const [name, reference] of expected)
    difference = Math.max(difference, relativeDifference((await variables.get(name)?.data()) ?? [], reference.values));
  for (const [index, start] of [...values.values()].entries())
    if (relativeDifference((await shared[index]?.data()) ?? [], start) !== 0) difference = Number.POSITIVE_INFINITY;
  optimizer.dispose();
  tf.dispose([...shared, ...variables.values()]);
  return difference;
}
