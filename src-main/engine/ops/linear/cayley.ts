import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, first, input, multiply, type OperationAttributes } from '../autograd/operation.ts';

/** Brings (I + Q)⁻¹ of blocks whose angles stay below 179.5° to the accuracy of float32. */
const newtonSteps = 20;

/** Keeps the quotient of a bound and a norm finite. */
const smallestNorm = 1e-30;

/** Options for computing rotations from skew-symmetric matrices. */
export interface CayleyOptions {
  /** Rows of a block. */
  readonly size: number;
  /** Terms of the Neumann series in place of the inverse; 0: the inverse itself. */
  readonly terms: number;
  /** Largest Frobenius norm of a block's skew-symmetric matrix; what is larger is scaled down to it. 0: no limit. */
  readonly bound: number;
}

const operation = defineOperation({
  name: 'CotoCayley',
  compose: (inputs, attributes) => {
    const { size, terms, bound } = optionsOf(attributes);
    const q = skew(bounded(input(inputs, 'weight'), bound), size);
    if (terms > 0) return first(partialSums(q, terms));
    return tf.sub(tf.mul(inverse(tf.add(identity(size), q)), 2), identity(size));
  },
  saved: { lasting: ['weight'], outputs: ['rotation'] },
  gradients: (dy, saved, attributes) => {
    const { size, terms, bound } = optionsOf(attributes);
    const weight = input(saved, 'weight');
    return {
      // The limit is held as in a projection after the update: it takes no part in the gradient.
      weight: () => {
        const q = skew(bounded(weight, bound), size);
        return upper(terms > 0 ? seriesGradient(dy, q, terms) : inverseGradient(dy, input(saved, 'rotation')), weight);
      },
    };
  },
});

/**
 * The rotations [n, size, size] of n vectors [n, size · (size − 1) / 2], which hold the upper triangles, row by row, of
 * skew-symmetric matrices Q: (I − Q)·(I + Q)⁻¹, or, with `terms`, PEFT's Neumann series of it (Qiu et al. 2025, "Orthogonal
 * Finetuning Made Scalable"): I + 2Q + 2Q² + … + Qᵏ.
 */
export function cayley(weight: tf.Tensor, options: CayleyOptions): tf.Tensor {
  return first(operation({ weight }, { ...options }));
}

/** Every row scaled down to where the norm of its skew-symmetric matrix is within `bound` (0: no limit). */
export function bounded(weight: tf.Tensor, bound: number): tf.Tensor {
  if (bound === 0) return weight;
  const norms = tf.sqrt(tf.mul(tf.sum(tf.square(weight), 1, true), 2));
  return tf.mul(weight, tf.minimum(1, tf.div(bound, tf.maximum(norms, smallestNorm))));
}

function optionsOf(attributes: OperationAttributes): CayleyOptions {
  const [size, terms, bound] = ['size', 'terms', 'bound'].map((name) => attribute(attributes, name));
  return { size: size ?? 0, terms: terms ?? 0, bound: bound ?? 0 };
}

/** PEFT's coefficients of Q⁰, Q¹, …: at four terms its series is that of three, whose last power is the third. */
export function seriesCoefficients(terms: number): number[] {
  if (terms <= 1) return [1];
  if (terms === 2) return [1, 2];
  const last = Math.max(3, terms - 1);
  return Array.from({ length: last + 1 }, (_, power) => (power === 0 || power === last ? 1 : 2));
}

/** By Horner: the k-th is Σ cₚ·Qᵖ⁻ᵏ over p ≥ k, so that the first is the series. */
function partialSums(q: tf.Tensor, terms: number): tf.Tensor[] {
  const size = q.shape.at(-1) ?? 0;
  const sums: tf.Tensor[] = [];
  for (const coefficient of seriesCoefficients(terms).reverse()) {
    const constant = tf.mul(identity(size), coefficient);
    const [below] = sums;
    sums.unshift(below === undefined ? tf.add(tf.zerosLike(q), constant) : tf.add(constant, multiply(q, below)));
  }
  return sums;
}

function seriesGradient(dy: tf.Tensor, q: tf.Tensor, terms: number): tf.Tensor {
  let upstream = dy;
  let total = tf.zerosLike(q);
  for (const sum of partialSums(q, terms).slice(1)) {
    total = tf.add(total, multiply(upstream, sum, false, true));
    upstream = multiply(q, upstream, true);
  }
  return total;
}

/** With R = 2K − I, K = (I + Q)⁻¹: dQ = −2·Kᵀ·dR·Kᵀ. */
function inverseGradient(dy: tf.Tensor, rotation: tf.Tensor): tf.Tensor {
  const k = tf.div(tf.add(rotation, identity(dy.shape.at(-1) ?? 0)), 2);
  return tf.mul(multiply(multiply(k, dy, true), k, false, true), -2);
}

/**
 * Inverses of I + Q by Newton's iteration X ← X·(2I − M·X) from Mᵀ / ‖MᵀM‖. I + Q is normal, with singular values of 1 and more,
 * so that each step squares what is left: no pivots, and batched products alone.
 */
function inverse(m: tf.Tensor): tf.Tensor {
  const twice = tf.mul(identity(m.shape.at(-1) ?? 0), 2);
  const norms = tf.max(tf.sum(tf.abs(multiply(m, m, true)), 2, true), 1, true);
  let x = tf.div(tf.transpose(m, [0, 2, 1]), norms);
  for (let step = 0; step < newtonSteps; step++) x = multiply(x, tf.sub(twice, multiply(m, x)));
  return x;
}

function identity(size: number): tf.Tensor {
  return tf.reshape(tf.eye(size), [1, size, size]);
}

/** Vectors [n, size · (size − 1) / 2] as skew-symmetric matrices [n, size, size]. */
function skew(weight: tf.Tensor, size: number): tf.Tensor {
  const places = new Int32Array(size * size);
  const signs = new Float32Array(size * size);
  let place = 0;
  for (let row = 0; row < size; row++)
    for (let column = row + 1; column < size; column++) {
      for (const [at, sign] of [
        [row * size + column, 1],
        [column * size + row, -1],
      ] as const) {
        places[at] = place;
        signs[at] = sign;
      }
      place++;
    }
  const spread = tf.gather(weight, tf.tensor1d(places, 'int32'), 1);
  return tf.reshape(tf.mul(spread, tf.tensor1d(signs)), [-1, size, size]);
}

/** The gradient of the vectors from that of their matrices: the upper triangle less the lower one. */
function upper(dq: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const size = dq.shape.at(-1) ?? 0;
  const places: number[] = [];
  for (let row = 0; row < size; row++)
    for (let column = row + 1; column < size; column++) places.push(row * size + column);
  const antisymmetric = tf.reshape(tf.sub(dq, tf.transpose(dq, [0, 2, 1])), [-1, size * size]);
  return tf.reshape(tf.gather(antisymmetric, tf.tensor1d(places, 'int32'), 1), weight.shape);
}
