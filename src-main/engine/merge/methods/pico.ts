import { scaledRows } from '../../linalg/index.ts';
import type { AdapterUpdate, ModuleContext, ModuleMergeMethod } from '../merge-method.ts';
import { coreSpaceOf } from '../spaces/core-basis.ts';
import { cutMatrix, energyOf } from '../spaces/cut-rank.ts';
import { deltaOf } from '../spaces/delta.ts';
import { listsFor } from '../spaces/mergekit-parameters.ts';
import { rootOf } from '../spaces/stacked-factors.ts';
import { clampFactors, rankCut, rankParameters } from '../spaces/svd-parameters.ts';
import { chosenMerger, chosenNeeds, mergerParameters, mergerValues } from './merger-choice.ts';
import { taskArithmetic } from './task-arithmetic.ts';

/**
 * Pico: output directions that the B of several adapters share are damped before a merger runs on ΔW, and the merge gets the
 * mean norm of the adapters' updates. Tang and Yang 2026, with the factors of their released code: αⱼ = 1 / (1 + (T − 1)·sⱼ) on
 * the left singular vectors of [B₁ … B_T], sⱼ their share of the energy.
 */
export const pico: ModuleMergeMethod = {
  declaration: {
    id: 'pico',
    label: 'Pico',
    summary:
      'Damps the output directions that the adapters share before a merger runs on ΔW, then restores the mean norm of the updates.',
    paper: {
      title: 'Crowded in B-Space: Calibrating Shared Directions for LoRA Merging',
      url: 'https://arxiv.org/abs/2604.16826',
    },
    parameters: [
      ...mergerParameters(taskArithmetic.declaration),
      {
        name: 'energy_compensation',
        label: 'Restore the norm',
        type: 'boolean',
        default: true,
        help: 'Scales the merge of each module to the mean Frobenius norm of the adapters’ updates.',
      },
      ...rankParameters('the largest rank'),
    ],
  },
  makes: 'adapter',
  needs: chosenNeeds,
  mergeModule(updates, weights, parameters, context) {
    const merger = chosenMerger(parameters);
    const values = mergerValues(merger, parameters);
    const lists = listsFor(merger.declaration.parameters, values, updates);
    const drawsOf = (index: number) => context.random(`delta/${updates[index]?.adapter}`);
    const { data, shape } = merger.mergeMatrices(calibrated(updates, context).map(deltaOf), weights, lists, drawsOf);
    const norms = updates.map((update) => Math.sqrt(energyOf(deltaOf(update).data)));
    const mean = norms.reduce((sum, norm) => sum + norm, 0) / norms.length;
    const merged = Math.sqrt(energyOf(data));
    const factor = parameters['energy_compensation'] === true && merged > 0 ? mean / Math.max(merged, 1e-8) : 1;
    const scaled = { shape, data: Float64Array.from(data, (value) => factor * value) };
    const cut = rankCut(parameters, Math.max(...updates.map(({ rank }) => rank)));
    return clampFactors(
      cutMatrix(scaled, cut, () => context.random('pico/svd')),
      parameters,
    );
  },
};

/** The updates with (I + U·diag(α − 1)·Uᵀ)·B in place of B. */
function calibrated(updates: readonly AdapterUpdate[], context: ModuleContext): AdapterUpdate[] {
  const { leftCoordinates, combineLeft } = coreSpaceOf(updates, context);
  const directions = leftCoordinates[0]?.shape[0] ?? 0;
  // Row j of all coordinates has the square of the singular value as its energy.
  const squares = new Float64Array(directions);
  for (const { shape, data } of leftCoordinates)
    data.forEach((value, at) => {
      const row = Math.floor(at / shape[1]);
      squares[row] = (squares[row] ?? 0) + value * value;
    });
  const total = Math.max(
    squares.reduce((sum, square) => sum + square, 0),
    1e-12,
  );
  const damping = squares.map((square) => 1 / (1 + ((updates.length - 1) * square) / total));
  return updates.map((update, index) => {
    const coordinates = leftCoordinates[index];
    if (coordinates === undefined) return update;
    // B·√|scaling| is in the coordinates; A keeps the rest.
    return { ...update, b: combineLeft(scaledRows(coordinates, damping)), scaling: rootOf(update, 'a') };
  });
}
