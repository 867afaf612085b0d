import { gram, type Matrix } from '../../linalg/index.ts';
import type { AdapterUpdate } from '../merge-method.ts';

/** Products of the units with each other [Σ rᵢ, Σ rᵢ]. */
export function unitProducts(updates: readonly AdapterUpdate[], isNormalized: boolean): Matrix {
  const half = (part: 'a' | 'b') =>
    gram(
      updates.map((update) => ({ matrix: update[part], scale: Math.sqrt(Math.abs(update.scaling)) })),
      part === 'a' ? 'rows' : 'columns',
    );
  const [a, b] = [half('a'), half('b')];
  const [size] = a.shape;
  const normOf = (products: Matrix, index: number) =>
    isNormalized ? Math.sqrt(products.data[index * size + index] ?? 0) || 1 : 1;
  const part = (products: Matrix, at: number) =>
    (products.data[at] ?? 0) / normOf(products, Math.floor(at / size)) / normOf(products, at % size);
  return { shape: [size, size], data: a.data.map((_, at) => part(a, at) + part(b, at)) };
}

/** The weighted mean of each cluster's units, scaled to their weighted mean norm: A [k, in] and B [out, k]. */
export function mergeUnits(
  updates: readonly AdapterUpdate[],
  weights: readonly number[],
  labels: Int32Array,
  k: number,
  reweighting: string,
) {
  const inputs = updates[0]?.a.shape[1] ?? 0;
  const outputs = updates[0]?.b.shape[0] ?? 0;
  const centroids = Array.from({ length: k }, () => new Float64Array(inputs + outputs));
  const [norms, totals] = [new Float64Array(k), new Float64Array(k)];
  const normOf = reweighting === 'inf' ? largestMagnitude : euclideanNorm;
  let first = 0;
  for (const [index, update] of updates.entries()) {
    const weight = weights[index] ?? 0;
    for (let row = 0; row < update.rank; row++) {
      const cluster = labels[first + row] ?? 0;
      const unit = unitOf(update, row, inputs, outputs);
      const centroid = centroids[cluster] ?? unit;
      for (let at = 0; at < unit.length; at++) centroid[at] = (centroid[at] ?? 0) + weight * (unit[at] ?? 0);
      norms[cluster] = (norms[cluster] ?? 0) + weight * normOf(unit);
      totals[cluster] = (totals[cluster] ?? 0) + weight;
    }
    first += update.rank;
  }
  const a = new Float32Array(k * inputs);
  const b = new Float32Array(outputs * k);
  for (const [cluster, centroid] of centroids.entries()) {
    const length = normOf(centroid);
    // Sums over the cluster replace means: the total weight cancels in the ratio.
    const factor = reweighting === 'none' || length === 0 ? 1 : (norms[cluster] ?? 0) / length;
    const scale = factor / (totals[cluster] || 1);
    for (let at = 0; at < inputs; at++) a[cluster * inputs + at] = scale * (centroid[at] ?? 0);
    for (let at = 0; at < outputs; at++) b[at * k + cluster] = scale * (centroid[inputs + at] ?? 0);
  }
  return { a: { shape: [k, inputs], data: a }, b: { shape: [outputs, k], data: b } };
}

function unitOf({ a, b, rank, scaling }: AdapterUpdate, row: number, inputs: number, outputs: number): Float64Array {
  const root = Math.sqrt(Math.abs(scaling));
  const unit = new Float64Array(inputs + outputs);
  for (let at = 0; at < inputs; at++) unit[at] = Math.sign(scaling) * root * (a.data[row * inputs + at] ?? 0);
  for (let at = 0; at < outputs; at++) unit[inputs + at] = root * (b.data[at * rank + row] ?? 0);
  return unit;
}

function euclideanNorm(values: Float64Array): number {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += (values[at] ?? 0) ** 2;
  return Math.sqrt(total);
}

function largestMagnitude(values: Float64Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}
