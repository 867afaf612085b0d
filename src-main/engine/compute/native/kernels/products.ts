import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import { multiply } from './binary.ts';
import { type KernelInputs, type NativeKernel, number, optional, real, size } from './kernel.ts';

const product: NativeKernel = {
  name: 'CotoProduct',
  run: (native, inputs, attributes) => {
    const [a, b] = [real(inputs, 'a'), real(inputs, 'b')];
    const [transposeA, transposeB] = [number(attributes, 'transposeA'), number(attributes, 'transposeB')];
    const [m, k] = transposeA ? [size(a, 1), size(a, 0)] : [size(a, 0), size(a, 1)];
    const [inner, n] = transposeB ? [size(b, 1), size(b, 0)] : [size(b, 0), size(b, 1)];
    if (k !== inner) throw new Error(`a product of ${m} × ${k} by ${inner} × ${n}`);
    const c = native.output([m, n]);
    native.addon.product(
      native.handle(a),
      native.handle(b),
      native.handle(c),
      m,
      n,
      k,
      transposeA,
      transposeB,
      number(attributes, 'scale'),
      optional(native, inputs, 'bias'),
      optional(native, inputs, 'plus'),
      optional(native, inputs, 'times'),
      inputs['a2'] === undefined ? 0 : size(inputs['a2'], 1),
      optional(native, inputs, 'a2'),
      optional(native, inputs, 'b2'),
      number(attributes, 'transposeB2'),
      number(attributes, 'scale2'),
      number(attributes, 'frozen'),
      number(attributes, 'bfloat16'),
    );
    return c;
  },
};

const frozenLinear: NativeKernel = {
  name: 'CotoFrozenLinear',
  run: (native, inputs, attributes) =>
    linear(native, inputs, { frozen: 1, bfloat16: number(attributes, 'bfloat16'), z: null, scaling: 1 }),
};

const trainedLinear: NativeKernel = {
  name: 'CotoTrainedLinear',
  run: (native, inputs) => linear(native, inputs, { frozen: 0, bfloat16: 0, z: null, scaling: 1 }),
};

/** Outputs: y, and z = (x ∘ mask)·Aᵀ. */
const loraKernels = ['CotoLoraLinear', 'CotoLoraLinearDropout'].map<NativeKernel>((name) => ({
  name,
  run: (native, inputs, attributes) => {
    const { mask } = inputs;
    const x = real(inputs, 'x');
    const adapterInput = mask === undefined ? x : multiply(native, x, mask);
    const z = times(native, adapterInput, real(inputs, 'a'));
    if (mask !== undefined) native.release(adapterInput);
    const own = { z, scaling: number(attributes, 'scaling') };
    return [linear(native, inputs, { frozen: 1, bfloat16: number(attributes, 'bfloat16'), ...own }), z];
  },
}));

export const productKernels: readonly NativeKernel[] = [product, frozenLinear, trainedLinear, ...loraKernels];

interface LinearParts {
  readonly frozen: number;
  readonly bfloat16: number;
  /** The adapter's inner values [rows, r], or null without an adapter. */
  readonly z: tf.TensorInfo | null;
  readonly scaling: number;
}

/** x·Wᵀ + bias + residual + scaling · z·Bᵀ */
function linear(native: NativeBackend, inputs: KernelInputs, parts: LinearParts): tf.TensorInfo {
  const [x, weight] = [real(inputs, 'x'), real(inputs, 'weight')];
  const [m, k, n] = [size(x, 0), size(x, 1), size(weight, 0)];
  if (k !== size(weight, 1)) throw new Error(`a linear of ${size(weight, 1)} inputs given ${k}`);
  const { frozen, bfloat16, z, scaling } = parts;
  const y = native.output([m, n]);
  native.addon.product(
    native.handle(x),
    native.handle(weight),
    native.handle(y),
    m,
    n,
    k,
    0,
    1,
    1,
    optional(native, inputs, 'bias'),
    optional(native, inputs, 'residual'),
    0,
    z === null ? 0 : size(z, 1),
    z === null ? 0 : native.handle(z),
    z === null ? 0 : native.handle(real(inputs, 'b')),
    1,
    scaling,
    frozen,
    bfloat16,
  );
  return y;
}

/** x·Aᵀ */
export function times(native: NativeBackend, x: tf.TensorInfo, a: tf.TensorInfo): tf.TensorInfo {
  const [m, k, n] = [size(x, 0), size(x, 1), size(a, 0)];
  const y = native.output([m, n]);
  const handles = [x, a, y].map((tensor) => native.handle(tensor));
  native.addon.product(...handles, m, n, k, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0);
  return y;
}
