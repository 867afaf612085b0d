import type * as tf from '@tensorflow/tfjs-core';
import type { FrozenWeight } from './frozen-weight.ts';
import { at, defineOperation, input, only2D, single } from './operation.ts';
import { product } from './products.ts';

export { FrozenWeight } from './frozen-weight.ts';

const operation = defineOperation({
  name: 'CotoFrozenLinear',
  compose: (inputs) => product(input(inputs, 'x'), input(inputs, 'inputMajor'), { bias: inputs['bias'] ?? null }),
  saved: { inputs: ['outputMajor'] },
  gradients: (dy, saved) => ({ x: () => product(single(dy), at(saved, 0)) }),
});

/** x [rows, in] → x·W + b [rows, out]. The gradient goes to x only. */
export function frozenLinear(x: tf.Tensor2D, frozen: FrozenWeight): tf.Tensor2D {
  const { inputMajor, outputMajor, bias } = frozen;
  return only2D(operation({ x, inputMajor, outputMajor, ...(bias === null ? {} : { bias }) }));
}
