import { type Matrix, matmul, svd, toFloat32, transpose } from '../../linalg/index.ts';
import type { AdapterUpdate, ModuleMergeMethod } from '../merge-method.ts';
import { weightedMatrixSum } from '../spaces/weighted-sums.ts';

/**
 * The factor average after every adapter is turned to the first: B·Q and Qᵀ·A, Q orthogonal, leave B·A as it is, and the
 * Q nearest to the first adapter's factors is U·Vᵀ of B₁ᵀ·B₀ + A₁·A₀ᵀ (orthogonal Procrustes, Schönemann 1966).
 */
export const alignedAverage: ModuleMergeMethod = {
  declaration: {
    id: 'aligned-average',
    label: 'Aligned average',
    summary:
      'Turns the factors of every adapter, without changing its update, as near to the first one’s as possible, then averages A with A and B with B.',
    paper: {
      title: 'A generalized solution of the orthogonal Procrustes problem',
      url: 'https://doi.org/10.1007/BF02289451',
    },
    parameters: [],
  },
  makes: 'adapter',
  needs: { equalRanks: true, equalTargets: true, negativeWeights: true, normalized: () => true },
  mergeModule(updates, weights) {
    const [first] = updates;
    if (!first) throw new Error('no update');
    const factors = updates.map(balanced);
    const [reference] = factors;
    const turned = factors.map((own, index) => (index === 0 ? own : alignTo(own, reference ?? own)));
    const merged = (part: 'a' | 'b') =>
      toFloat32(
        weightedMatrixSum(
          turned.map((own) => own[part]),
          weights,
        ),
      );
    return { a: merged('a'), b: merged('b'), rank: first.rank, scaling: 1 };
  },
};

interface Factors {
  readonly a: Matrix;
  readonly b: Matrix;
}

/** √|scaling| goes to both factors, a negative sign to A: adapters of different alphas are then comparable. */
function balanced({ a, b, scaling }: AdapterUpdate): Factors {
  const root = Math.sqrt(Math.abs(scaling));
  const scaled = ({ shape: [rows = 0, columns = 0], data }: AdapterUpdate['a'], factor: number): Matrix => {
    const values = new Float64Array(data.length);
    for (let at = 0; at < values.length; at++) values[at] = factor * (data[at] ?? 0);
    return { shape: [rows, columns], data: values };
  };
  return { a: scaled(a, Math.sign(scaling) * root), b: scaled(b, root) };
}

/** B·Q and Qᵀ·A with the orthogonal Q that brings them nearest to the reference. */
export function alignTo(own: Factors, reference: Factors): Factors {
  const fromB = matmul(transpose(own.b), reference.b);
  const fromA = matmul(own.a, transpose(reference.a));
  const { u, vt } = svd({ shape: fromB.shape, data: fromB.data.map((value, at) => value + (fromA.data[at] ?? 0)) });
  const q = matmul(u, vt);
  return { a: matmul(transpose(q), own.a), b: matmul(own.b, q) };
}
