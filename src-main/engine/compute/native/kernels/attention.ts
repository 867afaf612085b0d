import type * as tf from '@tensorflow/tfjs-core';
import { type KernelAttributes, type NativeKernel, number, optional, real, size } from './kernel.ts';

/** Outputs: y, like q, and the logarithm of each softmax's denominator [batch · heads, queries]. */
const attention: NativeKernel = {
  name: 'CotoAttention',
  run: (native, inputs, attributes) => {
    const q = real(inputs, 'q');
    const rows = number(attributes, 'batch') * number(attributes, 'heads');
    const [y, logSumExp] = [native.output(q.shape), native.output([rows, number(attributes, 'queries')])];
    native.addon.attention(
      ...shapeOf(q, attributes),
      native.handle(q),
      native.handle(real(inputs, 'k')),
      native.handle(real(inputs, 'v')),
      optional(native, inputs, 'mask'),
      native.handle(y),
      native.handle(logSumExp),
    );
    return [y, logSumExp];
  },
};

/** Outputs: dq, dk, dv. */
const attentionGradient: NativeKernel = {
  name: 'CotoAttentionGradient',
  run: (native, inputs, attributes) => {
    const [q, k, v] = [real(inputs, 'q'), real(inputs, 'k'), real(inputs, 'v')];
    const made = [q, k, v].map(({ shape }) => native.output(shape));
    native.addon.attentionGradient(
      ...shapeOf(q, attributes),
      ...[q, k, v].map((tensor) => native.handle(tensor)),
      optional(native, inputs, 'mask'),
      ...[real(inputs, 'y'), real(inputs, 'logSumExp'), real(inputs, 'dy'), ...made].map((tensor) =>
        native.handle(tensor),
      ),
    );
    return made;
  },
};

export const attentionKernels: readonly NativeKernel[] = [attention, attentionGradient];

/** In the order of `AttentionShape` in cpp/kernels/kernels.h. */
function shapeOf(q: tf.TensorInfo, attributes: KernelAttributes): number[] {
  const heads = number(attributes, 'heads');
  return [
    number(attributes, 'batch'),
    number(attributes, 'queries'),
    number(attributes, 'tokens'),
    heads,
    number(attributes, 'keyValueHeads'),
    size(q, 1) / heads,
    number(attributes, 'window'),
    number(attributes, 'causal'),
    number(attributes, 'scale'),
  ];
}
