import * as tf from '@tensorflow/tfjs-core';
import { input, type OperationInputs } from '../autograd/operation.ts';
import { defineFactoredLinear, type FactoredLinear, type Factors } from './factored-linear.ts';

type Shape = readonly number[];

/**
 * RandLoRA's update as two factors (Albert et al. 2025). Parts: A [r, 1, ≥ s] and B [≥ l, ≥ n, r], random and shared; lambda
 * [r, n] and gamma [n, s], trained; s and l are the smaller and the larger of the weight's sizes, n = ⌈s / r⌉. A's copies λ ∘ A ∘ γ
 * [r · n, s] are as large as the weight: the factor for whichever of inputs and outputs are fewer.
 */
export function randloraFactors(parts: OperationInputs, weight: Shape): Factors {
  const [lambda, gamma, b] = [input(parts, 'lambda'), input(parts, 'gamma'), input(parts, 'B')];
  const [rank = 0, count = 0] = lambda.shape;
  const scaled = tf.mul(tf.mul(tf.expandDims(lambda, 2), sharedA(parts)), tf.expandDims(gamma, 0));
  const copies = tf.reshape(scaled, [rank * count, -1]);
  const larger = Math.max(...weight);
  const basis = tf.reshape(tf.slice(b, [0, 0, 0], [larger, count, rank]), [larger, count * rank]);
  // PEFT numbers the inner axis by row of A first here, and by copy first there: the same number means another pair.
  return isTurned(weight) ? { a: basis, b: copies } : { a: copies, b: basis };
}

/** Linear defined by `defineFactoredLinear`. `parts` are those of `randloraFactors`. */
export const randloraLinear: FactoredLinear = (x, frozen, ...rest) =>
  (isTurned(frozen.weight.shape) ? fewerOutputs : fewerInputs)(x, frozen, ...rest);

/**
 * Returns true if the factors are A [in, rank] and B [rank, out]: for a weight [out, in] with fewer outputs than
 * inputs.
 */
export function isTurned([outputs = 0, inputs = 0]: Shape): boolean {
  return outputs < inputs;
}

const fewerInputs = define('CotoRandloraLinear', false);
const fewerOutputs = define('CotoRandloraLinearTurned', true);

function define(name: string, turned: boolean): FactoredLinear {
  return defineFactoredLinear({
    name,
    parts: ['A', 'B', 'lambda', 'gamma'],
    isTurned: turned,
    trainsB: turned,
    factors: randloraFactors,
    gradients: (parts, _, d) => {
      const [lambda, gamma] = [input(parts, 'lambda'), input(parts, 'gamma')];
      const [rank = 0, count = 0] = lambda.shape;
      const byCopy = () => tf.mul(tf.reshape((turned ? d.b : d.a)(), [rank, count, -1]), sharedA(parts));
      return {
        lambda: () => tf.sum(tf.mul(byCopy(), tf.expandDims(gamma, 0)), 2),
        gamma: () => tf.sum(tf.mul(byCopy(), tf.expandDims(lambda, 2)), 0),
      };
    },
  });
}

/** The columns of A that the module takes, [r, 1, s]. */
function sharedA(parts: OperationInputs): tf.Tensor {
  const [a, gamma] = [input(parts, 'A'), input(parts, 'gamma')];
  return tf.slice(a, [0, 0, 0], [a.shape[0] ?? 0, 1, gamma.shape[1] ?? 0]);
}
