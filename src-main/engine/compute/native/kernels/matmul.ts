import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.ts';
import { add } from './binary.ts';
import { asType } from './cast.ts';
import { filled } from './constants.ts';
import { count, flag, input, type KernelAttributes, type KernelInputs, type NativeKernel, sizeOf } from './kernel.ts';
import { tiled } from './layout.ts';
import { activate } from './unary.ts';

const batchMatMul: NativeKernel = {
  name: 'BatchMatMul',
  run: (native, inputs, attributes) => multiplied(native, inputs, attributes),
};

/** A product, a bias that broadcasts, and an activation. */
const fusedMatMul: NativeKernel = {
  name: '_FusedMatMul',
  run: (native, inputs, attributes) => {
    const { bias, preluActivationWeights } = inputs;
    if (preluActivationWeights !== undefined) throw new Error('the native backend has no activation prelu');
    const raw = multiplied(native, inputs, attributes);
    const out = bias === undefined ? raw : add(native, raw, bias);
    if (bias !== undefined) native.release(raw);
    const slope = typeof attributes['leakyreluAlpha'] === 'number' ? attributes['leakyreluAlpha'] : 0.2;
    activate(native, out, String(attributes['activation'] ?? 'linear'), slope);
    return out;
  },
};

export const matmulKernels: readonly NativeKernel[] = [batchMatMul, fusedMatMul];

/** a [batch…, m, k] · b [batch…, k, n], either transposed; batches broadcast. */
function multiplied(native: NativeBackend, inputs: KernelInputs, attributes: KernelAttributes): tf.TensorInfo {
  const [a, b] = [asType(native, input(inputs, 'a'), 'float32'), asType(native, input(inputs, 'b'), 'float32')];
  const [transposeA, transposeB] = [flag(attributes, 'transposeA'), flag(attributes, 'transposeB')];
  if (a.shape.length < 2 || b.shape.length < 2) throw new Error('a matrix product takes tensors of rank 2 or more');
  const [rowsA = 1, columnsA = 1] = a.shape.slice(-2);
  const [rowsB = 1, columnsB = 1] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== inner) throw new Error(`a product of ${m} × ${k} by ${inner} × ${n}`);
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const shape = [...batch, m, n];
  const out = k === 0 ? filled(native, shape, 0, 'float32') : native.output(shape);
  if (k > 0) {
    const [left, right] = [spread(native, a, batch), spread(native, b, batch)];
    native.kernels.batchedGemm({
      a: native.handle(left),
      b: native.handle(right),
      c: native.handle(out),
      count: sizeOf(batch),
      m,
      n,
      k,
      transposeA,
      transposeB,
      strideA: count(left) === m * k ? 0 : m * k,
      strideB: count(right) === k * n ? 0 : k * n,
    });
    native.release(left);
    native.release(right);
  }
  native.release(a);
  native.release(b);
  if (inputs['a']?.dtype !== 'int32' || inputs['b']?.dtype !== 'int32') return out;
  const whole = asType(native, out, 'int32');
  native.release(out);
  return whole;
}

/** A single matrix is shared by the batch; other shapes are broadcast by copying. */
function spread(native: NativeBackend, x: tf.TensorInfo, batch: readonly number[]): tf.TensorInfo {
  const own = x.shape.slice(0, -2);
  if (sizeOf(own) === 1 || own.join() === batch.join()) return native.alias(x, x.shape);
  const lead = new Array<number>(batch.length - own.length).fill(1);
  const aligned = [...lead, ...own];
  const repeats = batch.map((size, axis) => size / (aligned[axis] ?? 1));
  return tiled(native, x, [...repeats, 1, 1]);
}
