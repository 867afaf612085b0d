import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionShape } from '../kernel-calls.generated.ts';
import { flag, type KernelAttributes, type NativeKernel, number, optional, real, size } from './kernel.ts';

/** Outputs: y, like q, and the logarithm of each softmax's denominator [batch · heads, queries]. */
const attention: NativeKernel = {
  name: 'CotoAttention',
  run: (native, inputs, attributes) => {
    const q = real(inputs, 'q');
    const shape = shapeOf(q, attributes);
    const [y, logSumExp] = [native.output(q.shape), native.output([shape.batch * shape.heads, shape.queries])];
    native.kernels.attention(
      shape,
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
    const [dq, dk, dv] = [native.output(q.shape), native.output(k.shape), native.output(v.shape)];
    native.kernels.attentionGradient(
      shapeOf(q, attributes),
      native.handle(q),
      native.handle(k),
      native.handle(v),
      optional(native, inputs, 'mask'),
      native.handle(real(inputs, 'y')),
      native.handle(real(inputs, 'logSumExp')),
      native.handle(real(inputs, 'dy')),
      native.handle(dq),
      native.handle(dk),
      native.handle(dv),
    );
    return [dq, dk, dv];
  },
};

export const attentionKernels: readonly NativeKernel[] = [attention, attentionGradient];

function shapeOf(q: tf.TensorInfo, attributes: KernelAttributes): AttentionShape {
  const heads = number(attributes, 'heads');
  return {
    batch: number(attributes, 'batch'),
    queries: number(attributes, 'queries'),
    tokens: number(attributes, 'tokens'),
    heads,
    keyValueHeads: number(attributes, 'keyValueHeads'),
    headSize: size(q, 1) / heads,
    window: number(attributes, 'window'),
    causal: flag(attributes, 'causal'),
    scale: number(attributes, 'scale'),
    softcap: number(attributes, 'softcap'),
    bfloat16: flag(attributes, 'bfloat16'),
  };
}
