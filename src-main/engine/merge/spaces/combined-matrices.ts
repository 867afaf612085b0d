import type { MatrixLike } from '../../linalg/index.ts';
import type { Combination } from './combination.ts';
import type { MatrixMerger } from './matrix-merger.ts';

/** A combination as a merger of task vectors in any space. */
export function combinedMatrices({ declaration, needs, vectors, coefficients }: Combination): MatrixMerger {
  return {
    declaration,
    needs,
    mergeMatrices(matrices, weights, parameters) {
      const kind = vectors?.(parameters) ?? 'matrices';
      const [first] = matrices;
      const width = first?.shape.at(-1) ?? 1;
      const count = kind === 'matrices' ? 1 : kind === 'columns' ? width : (first?.shape[0] ?? 0);
      const vectorOf = (at: number) =>
        kind === 'matrices' ? 0 : kind === 'columns' ? at % width : Math.floor(at / width);
      const products = matrices.map((one) => matrices.map((other) => innerProducts(one, other, count, vectorOf)));
      const found = Array.from({ length: count }, (_, vector) =>
        coefficients(
          products.map((row) => row.map((values) => values[vector] ?? 0)),
          weights,
          parameters,
        ),
      );
      const data = new Float64Array(first?.data.length ?? 0);
      for (const [index, matrix] of matrices.entries())
        for (let at = 0; at < data.length; at++)
          data[at] = (data[at] ?? 0) + (found[vectorOf(at)]?.[index] ?? 0) * (matrix.data[at] ?? 0);
      return { shape: first?.shape ?? [], data };
    },
  };
}

function innerProducts(
  one: MatrixLike,
  other: MatrixLike,
  count: number,
  vectorOf: (at: number) => number,
): Float64Array {
  const products = new Float64Array(count);
  for (let at = 0; at < one.data.length; at++) {
    const vector = vectorOf(at);
    products[vector] = (products[vector] ?? 0) + (one.data[at] ?? 0) * (other.data[at] ?? 0);
  }
  return products;
}
