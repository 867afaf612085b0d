import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, givenInputs, input, type OperationInputs, only2D } from '../autograd/operation.ts';
import { dropped } from './dropped.ts';
import { matmul } from './matmul.ts';
import type { UpdateOptions } from './update-options.ts';

/**
 * ΔW = s · W₁ ⊗ W₂ with W₂ = left · right: W₁ [l, m], left [k, r], right [r, n]; in = m·n, out = l·k. One of left and right may be
 * absent, then the other is W₂.
 */
export interface KroneckerFactors {
  readonly w1: tf.Tensor;
  readonly left?: tf.Tensor | undefined;
  readonly right?: tf.Tensor | undefined;
  readonly scaling: number;
}

const operation = defineOperation({
  name: 'CotoKroneckerUpdate',
  compose: (inputs, attributes) => {
    const { rows, l, m, r, outputs } = sizesOf(inputs);
    const { left, right, residual } = inputs;
    const scale = attribute(attributes, 'scaling');
    const x = dropped(inputs);
    const entered = right ? matmul(tf.reshape(x, [rows * m, -1]), right, { transposeB: true }) : x;
    const p = swapped(entered, rows, m, r);
    const q = matmul(p, input(inputs, 'w1'), { transposeB: true, scale: left ? 1 : scale });
    const t = swapped(q, rows, r, l);
    if (left === undefined) {
      const update = tf.reshape(t, [rows, outputs]);
      return [residual ? tf.add(update, residual) : update, p];
    }
    const addend = residual && tf.reshape(residual, [rows * l, -1]);
    const update = matmul(t, left, { transposeB: true, scale, addend });
    return [tf.reshape(update, [rows, outputs]), p, t];
  },
  saved: { inputs: ['x', 'mask', 'w1', 'left', 'right'], outputs: [null, 'p'], states: ['x', 'mask', 'p'] },
  gradients: (dy, saved, attributes) => {
    const { rows, l, m, r } = sizesOf(saved);
    const scale = attribute(attributes, 'scaling');
    const { left, right, mask } = saved;
    const [p, w1] = [input(saved, 'p'), input(saved, 'w1')];
    const byBlocks = tf.reshape(dy, [rows * l, -1]);
    const dt = left ? matmul(byBlocks, left, { scale }) : tf.mul(byBlocks, scale);
    const dq = swapped(dt, rows, l, r);
    const dEntered = () => swapped(matmul(dq, w1), rows, r, m);
    return {
      x: () => {
        const dx = right ? matmul(dEntered(), right) : dEntered();
        const whole = tf.reshape(dx, input(saved, 'x').shape);
        return mask ? tf.mul(whole, mask) : whole;
      },
      w1: () => matmul(dq, p, { transposeA: true }),
      left: () => {
        const t = swapped(matmul(p, w1, { transposeB: true }), rows, r, l);
        return matmul(byBlocks, t, { transposeA: true, scale });
      },
      right: () => matmul(dEntered(), tf.reshape(dropped(saved), [rows * m, -1]), { transposeA: true }),
      residual: () => dy,
    };
  },
});

/**
 * [residual +] scaling · (x ∘ mask)·ΔWᵀ of a Kronecker product (LoKr), without forming ΔW: right works on the inner axis of
 * the input [rows, m, n], W₁ on the outer one, left on the inner one again, which costs r·(in + m·l + out) a row. x [rows,
 * in] → [rows, out]. Gradients go to x, the factors and the residual.
 */
export function kroneckerUpdate(
  x: tf.Tensor2D,
  { scaling, w1, left, right }: KroneckerFactors,
  { residual, mask }: UpdateOptions = {},
): tf.Tensor2D {
  return only2D(operation(givenInputs({ x, w1, left, right, residual, mask }), { scaling }));
}

/**
 * On which side of W₁ a full W₂ [k, n] costs less: as right, before it, n·k·m + m·l·k a row; as left, after it, m·l·n + n·k·l.
 */
export function placeOfFullFactor([l, m]: readonly [number, number], [k, n]: readonly [number, number]) {
  return n * k * m + m * l * k <= m * l * n + n * k * l ? 'right' : 'left';
}

function sizesOf(named: OperationInputs) {
  const rows = input(named, 'x').shape[0] ?? 0;
  const [l = 0, m = 0] = input(named, 'w1').shape;
  const { left, right } = named;
  const r = left?.shape[1] ?? right?.shape[0] ?? 0;
  return { rows, l, m, r, outputs: l * (left?.shape[0] ?? r) };
}

/** Values of [rows, outer, inner] as [rows · inner, outer]. */
function swapped(values: tf.Tensor, rows: number, outer: number, inner: number): tf.Tensor {
  return tf.reshape(tf.transpose(tf.reshape(values, [rows, outer, inner]), [0, 2, 1]), [rows * inner, outer]);
}
