import type * as tf from '@tensorflow/tfjs-core';
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

/** Up to this rank the products are made row by row; beyond, the library's are faster. */
export const lowRank = 16;

/** x·Aᵀ; with `bfloat16` of factors rounded to that, where the processor is faster at it. */
export function timesFactor(
  native: NativeBackend,
  x: tf.TensorInfo,
  a: tf.TensorInfo,
  bfloat16: boolean,
): tf.TensorInfo {
  const [rows, inputs, rank] = [size(x, 0), size(x, 1), size(a, 0)];
  const y = native.output([rows, rank]);
  const [from, factor, to] = [native.handle(x), native.handle(a), native.handle(y)];
  if (rank <= lowRank) native.kernels.lowRankProduct(from, factor, to, rows, inputs, rank, bfloat16);
  else native.kernels.gemm({ a: from, b: factor, c: to, m: rows, n: rank, k: inputs, transposeB: true });
  return y;
}

/** Outputs: the gradients of z, A and B; of DoRA also that of the magnitudes. */
export const loraGradientKernels: readonly NativeKernel[] = [
  { name: 'CotoLoraGradient', run: (native, inputs, attributes) => gradients(native, inputs, attributes, false) },
  { name: 'CotoDoraGradient', run: (native, inputs, attributes) => gradients(native, inputs, attributes, true) },
];

function gradients(
  native: NativeBackend,
  given: KernelInputs,
  attributes: KernelAttributes,
  isScaled: boolean,
): tf.TensorInfo[] {
  const [dy, x, z, b] = [real(given, 'dy'), real(given, 'x'), real(given, 'z'), real(given, 'b')];
  const [rows, outputs, inputs, rank] = [size(dy, 0), size(dy, 1), size(x, 1), size(b, 1)];
  const scale = number(attributes, 'scaling');
  const [dz, da, db] = [native.output([rows, rank]), native.output([rank, inputs]), native.output([outputs, rank])];
  const magnitude = isScaled ? native.output([outputs]) : null;
  const made = [dz, da, db, ...(magnitude ? [magnitude] : [])];
  if (rank <= lowRank) {
    // LoRA has none of the inputs from the row scale on.
    native.kernels.loraGradient({
      rowScale: optional(native, given, 'rowScale'),
      inverse: optional(native, given, 'inverse'),
      product: optional(native, given, 'product'),
      magnitude: magnitude === null ? 0 : native.handle(magnitude),
      fromOutput: magnitude !== null && flag(attributes, 'isPlain'),
      bias: optional(native, given, 'bias'),
      weight: optional(native, given, 'weight'),
      a: optional(native, given, 'a'),
      dy: native.handle(dy),
      x: native.handle(x),
      z: native.handle(z),
      b: native.handle(b),
      dz: native.handle(dz),
      da: native.handle(da),
      db: native.handle(db),
      rows,
      outputs,
      inputs,
      rank,
      scale,
      bfloat16: !isScaled && flag(attributes, 'bfloat16'),
    });
    return made;
  }
  const dh = magnitude && native.output([rows, outputs]);
  if (magnitude && dh) {
    const [product, rowScale, inverse] = [real(given, 'product'), real(given, 'rowScale'), real(given, 'inverse')];
    native.kernels.rowScaleGradient(
      native.handle(dy),
      native.handle(product),
      native.handle(rowScale),
      native.handle(inverse),
      native.handle(dh),
      native.handle(magnitude),
      rows,
      outputs,
    );
  }
  const a = native.handle(dh ?? dy);
  native.kernels.gemm({ a, b: native.handle(b), c: native.handle(dz), m: rows, n: rank, k: outputs, scale });
  const overRows = { k: rows, transposeA: true };
  native.kernels.gemm({
    ...overRows,
    a: native.handle(dz),
    b: native.handle(x),
    c: native.handle(da),
    m: rank,
    n: inputs,
  });
  native.kernels.gemm({ ...overRows, a, b: native.handle(z), c: native.handle(db), m: outputs, n: rank, scale });
  if (dh) native.release(dh);
  return made;
}
