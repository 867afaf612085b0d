import * as tf from '@tensorflow/tfjs-core';
import { isTaping } from '../../compute/tfjs-internals.ts';
import { capped, capSlope } from '../activation/soft-cap.ts';
import {
  as2D,
  attribute,
  defineOperation,
  first,
  givenInputs,
  input,
  type OperationInputs,
  onlyScalar,
} from '../autograd/operation.ts';
import type { FrozenWeight } from '../linear/frozen-weight.ts';
import { matmul } from '../linear/matmul.ts';

/** Values of the two blocks of logits at a time: 16 MB each. */
const logitsAtOnce = 4 * 1024 * 1024;

/** Sum of the divergences of rows of logits, and its gradient for the logits. */
function rowDivergences(logits: tf.Tensor2D, reference: tf.Tensor2D): { sum: tf.Tensor; slopes: tf.Tensor2D } {
  const [own, wanted] = [tf.logSoftmax(logits), tf.logSoftmax(reference)];
  const probabilities = tf.exp(wanted);
  const sum = tf.sum(tf.mul(probabilities, tf.sub(wanted, own)));
  return { sum, slopes: tf.sub(tf.exp(own), probabilities) };
}

const softmaxOperation = defineOperation({
  name: 'CotoSoftmaxDivergence',
  compose: (inputs) => {
    const logits = as2D(input(inputs, 'logits'));
    const [rows] = logits.shape;
    const { sum, slopes } = rowDivergences(logits, as2D(input(inputs, 'reference')));
    return [tf.div(sum, rows), tf.div(slopes, rows)];
  },
  saved: { outputs: [null, 'slopes'] },
  gradients: (dy, saved) => ({ logits: () => tf.mul(input(saved, 'slopes'), dy) }),
});

/**
 * Mean over the rows of the Kullback-Leibler divergence KL(p ‖ q) in nats, where q = softmax(logits) and p = softmax(reference). Both
 * [rows, classes], at least one row. The gradient goes to the logits.
 */
export function softmaxDivergence(logits: tf.Tensor2D, reference: tf.Tensor2D): tf.Scalar {
  return onlyScalar(softmaxOperation({ logits, reference }));
}

/** Outputs: the divergence, and the gradient of x for a gradient of 1 ([0] if it is not needed). */
function composeLinear(inputs: OperationInputs, attributes: Readonly<Record<string, number>>): tf.Tensor[] {
  const [x, reference, weight] = ['x', 'reference', 'weight'].map((name) => as2D(input(inputs, name)));
  if (!x || !reference || !weight) throw new Error('the divergence lacks an input');
  const options = { frozen: true, bfloat16: attribute(attributes, 'bfloat16') !== 0 };
  const [softcap, wantsGradient] = [attribute(attributes, 'softcap'), attribute(attributes, 'wantsGradient') !== 0];
  const [rows, width] = x.shape;
  const rowsAtOnce = Math.max(1, Math.floor(logitsAtOnce / weight.shape[0]));
  const sums: tf.Tensor[] = [];
  const gradients: tf.Tensor[] = [];
  for (let start = 0; start < rows; start += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - start);
    const made = tf.tidy(() => {
      const logitsOf = (states: tf.Tensor2D, bias: tf.Tensor | undefined) => {
        const own = tf.slice2d(states, [start, 0], [count, width]);
        const plain = matmul(own, weight, { ...options, transposeB: true, bias });
        return softcap === 0 ? plain : as2D(capped(plain, softcap));
      };
      const logits = logitsOf(x, inputs['bias']);
      const { sum, slopes } = rowDivergences(logits, logitsOf(reference, inputs['referenceBias']));
      const share = tf.div(sum, rows);
      if (!wantsGradient) return [share];
      const slope = tf.div<tf.Tensor2D>(slopes, rows);
      const bent = softcap === 0 ? slope : tf.mul<tf.Tensor2D>(slope, capSlope(logits, softcap));
      return [share, matmul(bent, weight, options)];
    });
    sums.push(first(made));
    gradients.push(...made.slice(1));
  }
  return [tf.addN(sums), wantsGradient ? tf.concat(gradients, 0) : tf.tensor1d([], 'float32')];
}

const linearOperation = defineOperation({
  name: 'CotoLinearDivergence',
  compose: composeLinear,
  saved: { outputs: [null, 'dx'] },
  gradients: (dy, saved) => ({ x: () => tf.mul(input(saved, 'dx'), dy) }),
});

/** Product of a frozen head with states: its logits are states · Wᵀ + b. */
export interface HeadProduct extends Pick<FrozenWeight, 'weight' | 'bias' | 'bfloat16'> {
  /** [rows, hidden] */
  readonly states: tf.Tensor2D;
  /** Bends the logits to softcap · tanh(logits / softcap); 0 leaves them. */
  readonly softcap: number;
}

/**
 * `softmaxDivergence` of two products with one frozen weight, in blocks of rows: the logits [rows, vocabulary] are never in memory as a
 * whole. The gradient goes to the states of the first.
 */
export function linearDivergence(product: HeadProduct, reference: Pick<HeadProduct, 'states' | 'bias'>): tf.Scalar {
  const { states, weight, bias, bfloat16, softcap } = product;
  const inputs = { x: states, reference: reference.states, weight, bias, referenceBias: reference.bias };
  const attributes = { bfloat16: Number(bfloat16), wantsGradient: Number(isTaping()), softcap };
  return onlyScalar(linearOperation(givenInputs(inputs), attributes));
}
