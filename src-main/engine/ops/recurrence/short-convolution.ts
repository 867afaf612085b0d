import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoShortConvolution',
  compose: (inputs, attributes) => {
    const { bias } = inputs;
    const { batch, tokens, width, kernel } = sizesOf(inputs, attributes);
    const padded = extended(inputs, attributes);
    const taps = tf.split(tf.transpose(as2D(input(inputs, 'weight'))), kernel);
    const parts = taps.map((tap, offset) => tf.mul(tf.slice(padded, [0, offset, 0], [batch, tokens, width]), tap));
    const sum = parts.reduce((total, part) => tf.add(total, part));
    return tf.reshape(bias === undefined ? sum : tf.add(sum, bias), [batch * tokens, width]);
  },
  saved: { inputs: ['x', 'before'], lasting: ['weight'], states: ['x'] },
  gradients: (dy, saved, attributes) => {
    const { batch, tokens, width, kernel } = sizesOf(saved, attributes);
    const upstream = tf.reshape(dy, [batch, tokens, width]);
    return {
      x: () => {
        const taps = tf.split(tf.transpose(as2D(input(saved, 'weight'))), kernel);
        const padded = tf.pad(upstream, [
          [0, 0],
          [0, kernel - 1],
          [0, 0],
        ]);
        // A token is read by itself with the last tap and by the tokens behind it with the taps before.
        const parts = taps.map((tap, offset) =>
          tf.mul(tf.slice(padded, [0, kernel - 1 - offset, 0], [batch, tokens, width]), tap),
        );
        return tf.reshape(
          parts.reduce((total, part) => tf.add(total, part)),
          [batch * tokens, width],
        );
      },
      weight: () => {
        const padded = extended(saved, attributes);
        const taps = Array.from({ length: kernel }, (_, offset) =>
          tf.sum(tf.mul(tf.slice(padded, [0, offset, 0], [batch, tokens, width]), upstream), [0, 1]),
        );
        return tf.stack(taps, 1);
      },
      bias: () => tf.sum(dy, 0),
    };
  },
});

export interface ShortConvolution {
  /** [width, kernel]; the last column multiplies the token itself. */
  readonly weight: tf.Tensor2D;
  /** [width] */
  readonly bias: tf.Tensor1D | null;
}

/**
 * A causal convolution of each column by itself over the last tokens of each sequence: x [batch · tokens, width] → the same
 * shape. `before` [batch · (kernel − 1), width] has the tokens before these; null: zeros. Gradients go to x, weight and bias.
 */
export function shortConvolution(
  x: tf.Tensor2D,
  { weight, bias }: ShortConvolution,
  batch: number,
  before: tf.Tensor2D | null = null,
): tf.Tensor2D {
  return only2D(operation(givenInputs({ x, weight, bias, before }), { batch, kernel: weight.shape[1] }));
}

/** The last kernel − 1 tokens of each sequence, [batch · (kernel − 1), width], for the convolution of the next tokens. */
export function lastTokens(x: tf.Tensor2D, kernel: number, batch: number, before: tf.Tensor2D | null): tf.Tensor2D {
  return tf.tidy(() => {
    const padded = extended(givenInputs({ x, before }), { batch, kernel });
    const [, tokens = 0, width = 0] = padded.shape;
    const last = tf.slice(padded, [0, tokens - kernel + 1, 0], [batch, kernel - 1, width]);
    return as2D(tf.reshape(last, [batch * (kernel - 1), width]));
  });
}

interface Sizes {
  readonly batch: number;
  readonly tokens: number;
  readonly width: number;
  readonly kernel: number;
}

function sizesOf(inputs: Readonly<Record<string, tf.Tensor>>, attributes: Readonly<Record<string, number>>): Sizes {
  const [rows, width] = as2D(input(inputs, 'x')).shape;
  const [batch, kernel] = [attribute(attributes, 'batch'), attribute(attributes, 'kernel')];
  return { batch, tokens: rows / batch, width, kernel };
}

/** [batch, kernel − 1 + tokens, width]: the tokens before these, and these. */
function extended(
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Readonly<Record<string, number>>,
): tf.Tensor {
  const { batch, tokens, width, kernel } = sizesOf(inputs, attributes);
  const { before } = inputs;
  const rows = tf.reshape(input(inputs, 'x'), [batch, tokens, width]);
  const earlier = before === undefined ? tf.zeros([batch, kernel - 1, width]) : before;
  return tf.concat([tf.reshape(earlier, [batch, kernel - 1, width]), rows], 1);
}
