import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import { multiply } from './binary.ts';
import { flag, type KernelInputs, type NativeKernel, number, optional, real, size } from './kernel.ts';
import { timesFactor } from './lora.ts';

const matmuls = ['CotoMatmul', 'CotoColumnScaledMatmul'].map<NativeKernel>((name) => ({
  name,
  run: (native, inputs, attributes) => {
    const [a, b] = [real(inputs, 'a'), real(inputs, 'b')];
    const [transposeA, transposeB] = [flag(attributes, 'transposeA'), flag(attributes, 'transposeB')];
    const [m, k] = transposeA ? [size(a, 1), size(a, 0)] : [size(a, 0), size(a, 1)];
    const [inner, n] = transposeB ? [size(b, 1), size(b, 0)] : [size(b, 0), size(b, 1)];
    if (k !== inner) throw new Error(`a product of ${m} × ${k} by ${inner} × ${n}`);
    const c = native.output([m, n]);
    const weight = native.handle(b);
    native.kernels.gemm({
      a: native.handle(a),
      b: weight,
      c: native.handle(c),
      m,
      n,
      k,
      transposeA,
      transposeB,
      scale: number(attributes, 'scale'),
      columnScale: optional(native, inputs, 'columnScale'),
      bias: optional(native, inputs, 'bias'),
      addend: optional(native, inputs, 'addend'),
      multiplier: optional(native, inputs, 'multiplier'),
      k2: inputs['a2'] === undefined ? 0 : size(inputs['a2'], 1),
      a2: optional(native, inputs, 'a2'),
      b2: optional(native, inputs, 'b2'),
      transposeB2: flag(attributes, 'transposeB2'),
      scale2: number(attributes, 'scale2'),
      packs: flag(attributes, 'frozen') ? weight : 0,
      bfloat16: flag(attributes, 'bfloat16'),
    });
    return c;
  },
}));

const frozenLinear: NativeKernel = {
  name: 'CotoFrozenLinear',
  run: (native, inputs, attributes) =>
    linear(native, inputs, { frozen: true, bfloat16: flag(attributes, 'bfloat16'), z: null, scaling: 1 }),
};

const trainedLinear: NativeKernel = {
  name: 'CotoTrainedLinear',
  run: (native, inputs) => linear(native, inputs, { frozen: false, bfloat16: false, z: null, scaling: 1 }),
};

/** Outputs: y, and z = (x ∘ mask)·Aᵀ. */
const loraKernels = ['CotoLoraLinear', 'CotoLoraLinearDropout'].map<NativeKernel>((name) => ({
  name,
  run: (native, inputs, attributes) => {
    const { mask } = inputs;
    const x = real(inputs, 'x');
    const adapterInput = mask === undefined ? x : multiply(native, x, mask);
    const [scaling, bfloat16] = [number(attributes, 'scaling'), flag(attributes, 'bfloat16')];
    const z = timesFactor(native, adapterInput, real(inputs, 'a'), bfloat16);
    if (mask !== undefined) native.release(adapterInput);
    return [linear(native, inputs, { frozen: true, bfloat16, z, scaling }), z];
  },
}));

export const gemmKernels: readonly NativeKernel[] = [...matmuls, frozenLinear, trainedLinear, ...loraKernels];

interface LinearOptions {
  readonly frozen: boolean;
  readonly bfloat16: boolean;
  /** The adapter's inner values [rows, r], or null without an adapter. */
  readonly z: tf.TensorInfo | null;
  readonly scaling: number;
}

/** x·Wᵀ + bias + residual + scaling · z·Bᵀ */
function linear(native: NativeBackend, inputs: KernelInputs, options: LinearOptions): tf.TensorInfo {
  const [x, weight] = [real(inputs, 'x'), real(inputs, 'weight')];
  const [m, k, n] = [size(x, 0), size(x, 1), size(weight, 0)];
  if (k !== size(weight, 1)) throw new Error(`a linear of ${size(weight, 1)} inputs given ${k}`);
  const { frozen, bfloat16, z, scaling } = options;
  const y = native.output([m, n]);
  const b = native.handle(weight);
  native.kernels.gemm({
    a: native.handle(x),
    b,
    c: native.handle(y),
    m,
    n,
    k,
    transposeB: true,
    bias: optional(native, inputs, 'bias'),
    addend: optional(native, inputs, 'residual'),
    k2: z === null ? 0 : size(z, 1),
    a2: z === null ? 0 : native.handle(z),
    b2: z === null ? 0 : native.handle(real(inputs, 'b')),
    transposeB2: true,
    scale2: scaling,
    packs: frozen ? b : 0,
    bfloat16,
  });
  return y;
}
