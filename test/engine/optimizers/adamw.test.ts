import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { AdamW } from '../../../src-main/engine/optimizers/adamw.ts';
import { testCompute } from '../test-compute.ts';

const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.5 };

beforeAll(async () => {
  await activateCompute(testCompute);
});

afterEach(() => {
  tf.disposeVariables();
});

const optimizerFor = (values: Record<string, number[]>) => {
  const variables = new Map(Object.entries(values).map(([name, value]) => [name, tf.variable(tf.tensor1d(value))]));
  return { variables, optimizer: new AdamW(variables, options) };
};
const read = (variables: Map<string, tf.Variable>, name: string) => [...(variables.get(name)?.dataSync() ?? [])];

describe('AdamW', () => {
  it('takes the first step worked by hand: θ(1 − lr·wd) − lr·g/(|g| + ε)', () => {
    const { variables, optimizer } = optimizerFor({ weight: [2, -1] });
    const gradient = tf.tensor1d([0.5, -4]);
    optimizer.step(new Map([['weight', gradient]]), 0.1, 1);
    // Bias correction makes m = g and v = g² in the first step: the update is lr · sign(g).
    const [first, second] = read(variables, 'weight');
    expect(first).toBeCloseTo(2 * 0.95 - 0.1, 6);
    expect(second).toBeCloseTo(-1 * 0.95 + 0.1, 6);
    optimizer.dispose();
    gradient.dispose();
  });

  it('follows the recurrence in float64 over twenty steps with changing gradients', () => {
    const { variables, optimizer } = optimizerFor({ weight: [0.3] });
    let [weight, first, second] = [0.3, 0, 0];
    for (let step = 1; step <= 20; step++) {
      const gradient = Math.sin(step) * 0.7;
      const rate = 0.01 * step;
      const tensor = tf.tensor1d([gradient]);
      optimizer.step(new Map([['weight', tensor]]), rate, 0.5);
      tensor.dispose();
      const scaled = gradient * 0.5;
      weight *= 1 - rate * options.weightDecay;
      first = options.beta1 * first + (1 - options.beta1) * scaled;
      second = options.beta2 * second + (1 - options.beta2) * scaled * scaled;
      const denominator = Math.sqrt(second / (1 - options.beta2 ** step)) + options.epsilon;
      weight -= ((rate / (1 - options.beta1 ** step)) * first) / denominator;
    }
    expect(read(variables, 'weight')[0]).toBeCloseTo(weight, 5);
    optimizer.dispose();
  });

  it('leaves a parameter without a gradient alone: no decay, no moments, no step of its own', async () => {
    const { variables, optimizer } = optimizerFor({ on: [1], off: [1] });
    const gradient = tf.tensor1d([1]);
    optimizer.step(new Map([['on', gradient]]), 0.1, 1);
    optimizer.step(new Map([['on', gradient]]), 0.1, 1);
    expect(read(variables, 'off')).toEqual([1]);
    expect([...(await optimizer.state()).steps]).toEqual([['on', 2]]);
    optimizer.step(new Map([['off', gradient]]), 0.1, 1);
    expect(read(variables, 'off')[0]).toBeCloseTo(0.95 - 0.1, 6);
    expect((await optimizer.state()).steps.get('off')).toBe(1);
    optimizer.dispose();
    gradient.dispose();
  });

  it('goes on bit for bit from its stored state and leaks nothing', async () => {
    const gradient = tf.tensor1d([0.1, -0.2, 0.3]);
    const gradients = new Map([['weight', gradient]]);
    const whole = optimizerFor({ weight: [1, 2, 3] });
    for (let step = 0; step < 3; step++) whole.optimizer.step(gradients, 0.01, 1);
    const state = await whole.optimizer.state();
    const resumed = optimizerFor({ weight: read(whole.variables, 'weight') });
    resumed.optimizer.restore(state);
    const before = tf.memory().numTensors;
    for (let step = 0; step < 3; step++) {
      whole.optimizer.step(gradients, 0.01, 1);
      resumed.optimizer.step(gradients, 0.01, 1);
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(read(resumed.variables, 'weight')).toEqual(read(whole.variables, 'weight'));
    whole.optimizer.dispose();
    resumed.optimizer.dispose();
    gradient.dispose();
  });
});
