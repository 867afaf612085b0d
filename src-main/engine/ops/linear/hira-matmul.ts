import * as tf from '@tensorflow/tfjs-core';
import { at, attribute, defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';
import { type MatmulOptions, matmul } from './matmul.ts';

/** A weight and the factors that HiRA multiplies it by. */
export interface HiraFactors {
  /** [out, in] */
  readonly weight: tf.Tensor;
  /** [r, in] */
  readonly a: tf.Tensor;
  /** [out, r] */
  readonly b: tf.Tensor;
  readonly scaling: number;
}

const weightOperation = defineOperation({
  name: 'CotoHiraWeight',
  compose: (inputs, attributes) => {
    const [weight, a, b] = [input(inputs, 'weight'), input(inputs, 'a'), input(inputs, 'b')];
    const flag = (name: string) => attribute(attributes, name) !== 0;
    const bias = flag('updateOnly') ? null : tf.ones([weight.shape[1] ?? 0]);
    const options = { scale: attribute(attributes, 'scaling'), bias, multiplier: weight };
    return flag('inputsFirst')
      ? matmul(a, b, { ...options, transposeA: true, transposeB: true })
      : matmul(b, a, options);
  },
});

/**
 * W ∘ (1 + s·B·A), or with `updateOnly` W ∘ s·B·A, in the layout of W: [out, in], or with `inputsFirst` [in, out] (an embedding's
 * table, a Conv1D as stored). Has no gradient.
 */
export function hiraWeight(
  { weight, a, b, scaling }: HiraFactors,
  { updateOnly = false, inputsFirst = false } = {},
): tf.Tensor2D {
  const attributes = { scaling, updateOnly: Number(updateOnly), inputsFirst: Number(inputsFirst) };
  return only2D(weightOperation({ weight, a, b }, attributes));
}

const product = defineOperation({
  name: 'CotoHiraMatmul',
  compose: (inputs, attributes) => {
    const factors = {
      weight: input(inputs, 'weight'),
      a: input(inputs, 'a'),
      b: input(inputs, 'b'),
      scaling: attribute(attributes, 'scaling'),
    };
    const changed = hiraWeight(factors, { updateOnly: attribute(attributes, 'updateOnly') !== 0 });
    const { bias, addend, multiplier } = inputs;
    const transposeB = attribute(attributes, 'transposed') !== 0;
    return matmul(input(inputs, 'x'), changed, { transposeB, bias, addend, multiplier });
  },
});

/**
 * x times HiRA's weight W ∘ (1 + s·B·A), or with `updateOnly` W ∘ s·B·A: x·W'ᵀ with `transposed`, else x·W'; then as `matmul`
 * [+ bias] [+ addend] [∘ multiplier]. A backend may make the weight panel by panel as its product reads it. Has no gradient.
 */
export function hiraMatmul(
  x: tf.Tensor,
  { weight, a, b, scaling }: HiraFactors,
  options: Pick<MatmulOptions, 'bias' | 'addend' | 'multiplier' | 'bfloat16'> & {
    readonly transposed: boolean;
    readonly updateOnly?: boolean;
  },
): tf.Tensor2D {
  const { bias, addend, multiplier, bfloat16 = false, transposed, updateOnly = false } = options;
  const attributes = {
    scaling,
    transposed: Number(transposed),
    updateOnly: Number(updateOnly),
    bfloat16: Number(bfloat16),
  };
  return only2D(product(givenInputs({ x, weight, a, b, bias, addend, multiplier }), attributes));
}

const gradient = defineOperation({
  name: 'CotoHiraGradient',
  compose: (inputs, attributes) => {
    const [a, b, weight] = [input(inputs, 'a'), input(inputs, 'b'), input(inputs, 'weight')];
    const scale = attribute(attributes, 'scaling');
    const inner = matmul(input(inputs, 'dy'), input(inputs, 'x'), { transposeA: true, multiplier: weight });
    return [matmul(b, inner, { transposeA: true, scale }), matmul(inner, a, { transposeB: true, scale })];
  },
});

/**
 * The gradients of A [r, in] and of B [out, r]: s·Bᵀ·T and s·T·Aᵀ of T = (dyᵀ·x) ∘ W, of which a backend needs a tile at a time.
 * x [rows, in], dy [rows, out]. Has no gradient.
 */
export function hiraGradients(
  dy: tf.Tensor,
  x: tf.Tensor,
  { weight, a, b, scaling }: HiraFactors,
  bfloat16: boolean,
): { a: tf.Tensor; b: tf.Tensor } {
  const results = gradient({ dy, x, weight, a, b }, { scaling, bfloat16: Number(bfloat16) });
  return { a: at(results, 0), b: at(results, 1) };
}
