import type { NativeBackend } from '../backend.ts';
import {
  flag,
  type KernelAttributes,
  type KernelInputs,
  type NativeKernel,
  number,
  optional,
  real,
  size,
} from './kernel.ts';

const product: NativeKernel = {
  name: 'CotoHiraMatmul',
  run: (native, inputs, attributes) => {
    const x = real(inputs, 'x');
    const { outputs, inputs: columns, ...factors } = factorsOf(native, inputs, attributes);
    const transposed = flag(attributes, 'transposed');
    const [rows, inner, width] = [size(x, 0), transposed ? columns : outputs, transposed ? outputs : columns];
    if (size(x, 1) !== inner) throw new Error(`a linear of ${inner} inputs given ${size(x, 1)}`);
    const y = native.output([rows, width]);
    native.kernels.hiraGemm({
      ...factors,
      x: native.handle(x),
      y: native.handle(y),
      rows,
      outputs,
      inputs: columns,
      transposed,
      updateOnly: flag(attributes, 'updateOnly'),
      bias: optional(native, inputs, 'bias'),
      addend: optional(native, inputs, 'addend'),
      multiplier: optional(native, inputs, 'multiplier'),
      packs: factors.weight,
    });
    return y;
  },
};

/** Outputs: the gradients of A and of B. */
const gradient: NativeKernel = {
  name: 'CotoHiraGradient',
  run: (native, inputs, attributes) => {
    const [x, dy] = [real(inputs, 'x'), real(inputs, 'dy')];
    const factors = factorsOf(native, inputs, attributes);
    const da = native.output([factors.rank, factors.inputs]);
    const db = native.output([factors.outputs, factors.rank]);
    native.kernels.hiraGradient({
      ...factors,
      dy: native.handle(dy),
      x: native.handle(x),
      da: native.handle(da),
      db: native.handle(db),
      rows: size(x, 0),
    });
    return [da, db];
  },
};

export const hiraKernels: readonly NativeKernel[] = [product, gradient];

function factorsOf(native: NativeBackend, inputs: KernelInputs, attributes: KernelAttributes) {
  const [weight, a] = [real(inputs, 'weight'), real(inputs, 'a')];
  return {
    weight: native.handle(weight),
    a: native.handle(a),
    b: native.handle(real(inputs, 'b')),
    outputs: size(weight, 0),
    inputs: size(weight, 1),
    rank: size(a, 0),
    scale: number(attributes, 'scaling'),
    bfloat16: flag(attributes, 'bfloat16'),
  };
}
