import type { Declaration, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { gram, type MatrixLike, matmul, transpose } from '../../linalg/index.ts';
import type { AdapterUpdate, LowRankUpdate, MergedUpdate, MergeNeeds, ModuleMergeMethod } from '../merge-method.ts';
import { concatenated, concatenatedInputs } from './concatenated.ts';
import { cutProduct } from './cut-rank.ts';
import type { MatrixMerger } from './matrix-merger.ts';
import { clampFactors, rankCut, rankParameters } from './svd-parameters.ts';

/** Vectors of matrices: each as a whole, or its rows or columns. */
export type VectorKind = 'matrices' | 'rows' | 'columns';

/**
 * A merge Σ cᵢ·ΔWᵢ whose coefficients follow from inner products of the ΔWᵢ, over the whole matrix or for each of its
 * rows or columns. It needs no full ΔW: products of factors give the inner products, and the sum is a concatenation.
 */
export interface Combination {
  readonly declaration: Declaration;
  readonly needs: Pick<MergeNeeds, 'negativeWeights' | 'normalized'> & Partial<MergeNeeds>;
  /** Kind of vectors to combine. Default: the whole matrices. */
  vectors?(parameters: ParameterValues): VectorKind;
  /** False: the coefficients follow from the weights alone, and the inner products are not computed. Default: true. */
  readonly usesProducts?: boolean;
  /**
   * cᵢ from the inner products gram[i][j] of the vectors.
   * @param weights in the order of the vectors
   */
  coefficients(
    gram: readonly (readonly number[])[],
    weights: readonly number[],
    parameters: ParameterValues,
  ): readonly number[];
}

/** The merge method of a combination on the adapters' factors: exact, of rank Σ rᵢ, unless a rank is set. */
export function combinedFactors(combination: Combination): ModuleMergeMethod {
  const { declaration, needs, vectors, usesProducts = true, coefficients } = combination;
  const exact = 'the sum of the ranks: exact';
  return {
    declaration: { ...declaration, parameters: [...declaration.parameters, ...rankParameters(exact)] },
    makes: 'adapter',
    needs: { equalRanks: false, equalTargets: true, ...needs },
    mergeModule(updates, weights, parameters, { allocate }) {
      const kind = vectors?.(parameters) ?? 'matrices';
      const merged =
        kind === 'matrices'
          ? concatenatedInputs(
              updates,
              coefficients(usesProducts ? matrixGram(updates) : [], weights, parameters),
              allocate,
            )
          : vectorsMerged(updates, kind, (gram) => coefficients(gram, weights, parameters));
      const cut = rankCut(parameters, merged.rank);
      if (cut.rank >= merged.rank && cut.energy === undefined) return clampFactors(merged, parameters);
      return clampFactors(cutProduct(merged, cut), parameters);
    },
  };
}

/** ⟨ΔWᵢ, ΔWⱼ⟩ of all pairs: with G = A·Aᵀ and H = Bᵀ·B of the stacked factors, the sum of a block of sᵢsⱼ·G ⊙ H. */
function matrixGram(updates: readonly AdapterUpdate[]): number[][] {
  const vectors = (part: 'a' | 'b') =>
    updates.map((update) => ({ matrix: update[part], scale: part === 'a' ? update.scaling : 1 }));
  const [ofA, ofB] = [gram(vectors('a'), 'rows'), gram(vectors('b'), 'columns')];
  const [size] = ofA.shape;
  const places = updates.flatMap(({ rank }, index) => new Array<number>(rank).fill(index));
  const sums = updates.map(() => new Array<number>(updates.length).fill(0));
  for (const [row, one] of places.entries()) {
    const own = sums[one] ?? [];
    for (const [column, other] of places.entries()) {
      const at = row * size + column;
      own[other] = (own[other] ?? 0) + (ofA.data[at] ?? 0) * (ofB.data[at] ?? 0);
    }
  }
  return sums;
}

/** The sum whose rows or columns have coefficients of their own. */
function vectorsMerged(
  updates: readonly AdapterUpdate[],
  kind: 'rows' | 'columns',
  coefficients: (gram: readonly (readonly number[])[]) => readonly number[],
): MergedUpdate {
  const products = updates.map((one) => updates.map((other) => factorProducts(one, other, kind)));
  const found = Array.from({ length: products[0]?.[0]?.length ?? 0 }, (_, vector) =>
    coefficients(products.map((row) => row.map((values) => values[vector] ?? 0))),
  );
  return concatenated(
    updates.map((update, index) =>
      scaled(
        update,
        found.map((own) => own[index] ?? 0),
        kind,
      ),
    ),
    updates.map(() => 1),
  );
}

/**
 * ⟨ΔWᵢ, ΔWⱼ⟩ of the rows or columns: with G = AᵢAⱼᵀ and H = BᵢᵀBⱼ it is for row o sᵢsⱼ·bᵢ(o)·G·bⱼ(o)ᵀ, for column k
 * sᵢsⱼ·aᵢ(k)ᵀ·H·aⱼ(k).
 */
function factorProducts(one: AdapterUpdate, other: AdapterUpdate, kind: 'rows' | 'columns'): Float64Array {
  const scale = one.scaling * other.scaling;
  if (kind === 'rows')
    return rowProducts(matmul(one.b, matmul(one.a, transpose(other.a))).data, other.b.data, other.rank, scale);
  const crossed = matmul(transpose(one.b), other.b);
  return rowProducts(matmul(transpose(one.a), crossed).data, transpose(other.a).data, other.rank, scale);
}

function rowProducts(left: ArrayLike<number>, right: ArrayLike<number>, width: number, scale: number): Float64Array {
  const products = new Float64Array(left.length / width);
  for (let at = 0; at < left.length; at++) {
    const row = Math.floor(at / width);
    products[row] = (products[row] ?? 0) + scale * (left[at] ?? 0) * (right[at] ?? 0);
  }
  return products;
}

/** The update with each row or column times its coefficient. */
function scaled(update: AdapterUpdate, coefficients: readonly number[], kind: 'rows' | 'columns'): LowRankUpdate {
  const { a, b, rank } = update;
  if (kind === 'rows')
    return {
      ...update,
      b: { ...b, data: Float32Array.from(b.data, (value, at) => value * (coefficients[Math.floor(at / rank)] ?? 0)) },
    };
  const inputs = a.shape[1] ?? 1;
  return {
    ...update,
    a: { ...a, data: Float32Array.from(a.data, (value, at) => value * (coefficients[at % inputs] ?? 0)) },
  };
}

/** The merger of a combination on task vectors in any space. */
export function combinedMatrices({ declaration, needs, vectors, coefficients }: Combination): MatrixMerger {
  return {
    declaration,
    needs,
    axisFree: (parameters) => (vectors?.(parameters) ?? 'matrices') === 'matrices',
    mergeMatrices(matrices, weights, parameters) {
      const kind = vectors?.(parameters) ?? 'matrices';
      const [first] = matrices;
      const width = first?.shape.at(-1) ?? 1;
      const count = kind === 'matrices' ? 1 : kind === 'columns' ? width : (first?.shape[0] ?? 0);
      const vectorOf = (at: number) =>
        kind === 'matrices' ? 0 : kind === 'columns' ? at % width : Math.floor(at / width);
      const products = matrices.map((one) => matrices.map((other) => matrixProducts(one, other, count, vectorOf)));
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

function matrixProducts(
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
