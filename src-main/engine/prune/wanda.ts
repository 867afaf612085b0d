import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { MatrixLike } from '../linalg/index.ts';
import { type PrunedFactor, pruneEntries } from './entry-pruning.ts';
import { calibrationParameters, sparsityParameter } from './parameters.ts';
import { projectedInputs } from './projected-inputs.ts';
import { type PruneMethod, requireFactors } from './prune-method.ts';

const declaration: PruneDeclaration = {
  id: 'wanda',
  label: 'Wanda',
  summary: 'Sets entries of the factors to zero that are small and whose inputs are small, row by row.',
  paper: {
    title: 'A Simple and Effective Pruning Approach for Large Language Models',
    url: 'https://arxiv.org/abs/2306.11695',
  },
  parameters: [sparsityParameter, ...calibrationParameters],
  data: true,
  patterns: [],
  grid: {
    parameter: 'sparsity',
    values: [],
    label: '{value} zeroed by Wanda',
    percent: true,
    axis: 'factor entries set to zero by Wanda',
    unchanged: 0,
  },
};

/**
 * Score |wᵢⱼ| · ‖xⱼ‖₂ with xⱼ column j of the factor's own input: X of A, X·Aᵀ (A unpruned) of B. In each row the
 * ⌊sparsity · columns⌋ entries of the lowest score become zero; of equal ones the later.
 */
export const wanda: PruneMethod = {
  declaration,
  check: (adapter) => requireFactors(adapter, declaration.label),
  async prune(state, _description, given, { data, progress }) {
    const sparsity = Number(checkedParameters(declaration, given)['sparsity']);
    requireFactors(state, declaration.label);
    const calibration = await data();
    const norms = new Map<string, { readonly a: Float64Array; readonly b: Float64Array }>();
    for (const [place, [name, { tensors }]] of [...state.modules].entries()) {
      await progress('Measuring inputs', place, state.modules.size);
      const [inputs, a] = [await calibration.inputs(name), tensors.get('a')];
      if (!a) continue;
      const [rows = 0, rank = 0] = [inputs.shape[0], a.shape[0]];
      const projected = { shape: [rows, rank], data: projectedInputs(inputs, a) };
      norms.set(name, { a: columnNorms(inputs), b: columnNorms(projected) });
    }
    return pruneEntries(state, declaration.label, (factors) => {
      let kept = 0;
      for (const factor of factors) {
        const { [factor.part]: own = new Float64Array() } = norms.get(factor.name) ?? {};
        kept += factor.values.length - zeroLowest(factor, own, sparsity);
      }
      return kept;
    });
  },
};

/** Zeroes the lowest entries of every row; returns their number. */
function zeroLowest(
  { shape: [rows = 0, columns = 0], values }: PrunedFactor,
  norms: Float64Array,
  sparsity: number,
): number {
  // 0.29 · 100 is 28.999…96 in binary, which must not cost an entry.
  const count = Math.min(columns, Math.floor(sparsity * columns + 1e-9));
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * columns, (row + 1) * columns);
    const scores = Array.from(own, (value, column) => ({ column, score: Math.abs(value) * (norms[column] ?? 0) }));
    scores.sort((one, other) => one.score - other.score || other.column - one.column);
    for (const { column } of scores.slice(0, count)) own[column] = 0;
  }
  return rows * count;
}

/** ‖xⱼ‖₂ of each column of X [rows, columns]. */
function columnNorms({ shape: [rows = 0, columns = 0], data }: MatrixLike): Float64Array {
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      sums[column] = (sums[column] ?? 0) + (data[row * columns + column] ?? 0) ** 2;
  return sums.map(Math.sqrt);
}
