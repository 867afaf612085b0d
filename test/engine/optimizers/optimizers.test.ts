import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkTraining } from '../../../src-main/engine/adapters/variant/variant-training.ts';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { createOptimizer, optimizerKinds } from '../../../src-main/engine/optimizers/index.ts';
import { Sgd } from '../../../src-main/engine/optimizers/sgd.ts';
import { TransformersAdamW } from '../../../src-main/engine/optimizers/transformers-adamw.ts';
import { runConfigSchema, runParameters } from '../../../src-shared/domain/runs/run.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));
afterEach(() => tf.disposeVariables());

const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, momentum: 0, reg: 1 };
const matrix = (values: number[][]) => tf.variable(tf.tensor2d(values));
const read = (tensor: tf.Tensor | undefined) => [...(tensor?.dataSync() ?? [])];

describe('Riemannian AdamW', () => {
  // BᵀB + I = A·Aᵀ + I = [[3, 1], [1, 2]], whose inverse is [[2, −1], [−1, 3]] / 5.
  const variables = () =>
    new Map([
      [
        'a',
        matrix([
          [1, 1],
          [0, 1],
        ]),
      ],
      [
        'b',
        matrix([
          [1, 0],
          [1, 1],
        ]),
      ],
      ['head', matrix([[7, 7]])],
    ]);
  const gradients = () =>
    new Map([
      [
        'a',
        tf.tensor2d([
          [5, 10],
          [0, 5],
        ]),
      ],
      [
        'b',
        tf.tensor2d([
          [5, 0],
          [0, 5],
        ]),
      ],
      ['head', tf.tensor2d([[4, 6]])],
    ]);
  const make = (of: ReadonlyMap<string, tf.Variable>) => {
    const groups = [{ names: new Set(of.keys()), learningRateFactor: 1, weightDecay: 0 }];
    return createOptimizer('riemannian-adamw', of, settings, groups, [{ a: 'a', b: 'b' }]);
  };

  it('preconditions each factor by the other one as it was before the step, and nothing else', async () => {
    const optimizer = make(variables());
    await optimizer.step(gradients(), 0.1, 1);
    const { tensors } = await optimizer.state();
    // The first moment of the first step is a tenth of the gradient that Adam was given.
    const given = (name: string) => [...(tensors.get(`${name}.exp_avg`)?.data ?? [])].map((value) => value * 10);
    for (const [name, expected] of Object.entries({ a: [2, 3, -1, 1], b: [2, -1, -1, 3], head: [4, 6] }))
      given(name).forEach((value, at) => {
        expect(value, name).toBeCloseTo(expected[at] ?? Number.NaN, 5);
      });
    optimizer.dispose();
  });

  it('leaves a factor without a gradient alone, and keeps no tensor', async () => {
    const [of, given] = [variables(), gradients()];
    const optimizer = make(of);
    await optimizer.step(given, 0.1, 1);
    given.delete('b');
    const [before, count] = [read(of.get('b')), tf.memory().numTensors];
    await optimizer.step(given, 0.1, 1);
    expect(read(of.get('b'))).toEqual(before);
    expect(tf.memory().numTensors).toBe(count);
    optimizer.dispose();
  });

  it.each(['ia3', 'vera', 'adalora', 'hira'])('refuses %s, which trains no two factors, with the way out', (id) => {
    const plan = { totalSteps: 10, optim: 'riemannian-adamw', learningRate: 1, weightDecay: 0, unit: null } as const;
    expect(() => checkTraining(adapterVariant(id), plan, {})).toThrow('does not train two factors');
    expect(() => checkTraining(adapterVariant('lora'), plan, {})).not.toThrow();
    expect(() => checkTraining(adapterVariant('dora'), plan, {})).not.toThrow();
    expect(() => checkTraining(adapterVariant('lora-fa'), plan, {})).toThrow('an optimizer of its own');
  });
});

it('takes steps of SGD with momentum and coupled decay, worked by hand', () => {
  const weight = tf.variable(tf.tensor1d([1]));
  const optimizer = new Sgd(new Map([['weight', weight]]), { momentum: 0.5, weightDecay: 0.1 });
  const gradient = new Map([['weight', tf.tensor1d([4])]]);
  optimizer.step(gradient, 0.1, 0.5);
  // g = 2 + 0.1 · 1, b = g.
  expect(read(weight)[0]).toBeCloseTo(1 - 0.1 * 2.1, 6);
  optimizer.step(gradient, 0.1, 0.5);
  // g = 2 + 0.1 · 0.79, b = 0.5 · 2.1 + g.
  expect(read(weight)[0]).toBeCloseTo(0.79 - 0.1 * (1.05 + 2.079), 6);
  optimizer.dispose();
});

it("takes the first step of Transformers' AdamW worked by hand: ε beside the uncorrected root, decay last", () => {
  const weight = tf.variable(tf.tensor1d([2]));
  const options = { beta1: 0.9, beta2: 0.75, epsilon: 0.5, weightDecay: 0.5 };
  const optimizer = new TransformersAdamW(new Map([['weight', weight]]), options);
  optimizer.step(new Map([['weight', tf.tensor1d([1])]]), 0.1, 1);
  // m = 0.1, v = 0.25: the step is 0.1 · √0.25 / 0.1 · 0.1 / (0.5 + 0.5).
  expect(read(weight)[0]).toBeCloseTo((2 - 0.05) * 0.95, 6);
  optimizer.dispose();
});

it.each(Object.entries(optimizerKinds))('%s declares itself under its name, with settings of the run', (id, kind) => {
  expect(kind.declaration.id).toBe(id);
  for (const spec of kind.declaration.parameters) expect(runParameters()).toContain(spec);
  const choices = runParameters().find(({ name }) => name === 'optim')?.choices;
  expect(choices).toContainEqual({ value: id, label: kind.declaration.label });
  const variables = new Map([['w', tf.variable(tf.tensor1d([1]))]]);
  const optimizer = kind.create(variables, { ...settings, weightDecay: 0 });
  void optimizer.step(new Map([['w', tf.tensor1d([1])]]), 0.1, 1);
  return optimizer.state().then(({ tensors }) => {
    expect(tensors.size).toBe(kind.moments(runConfigSchema.parse({})));
  });
});
