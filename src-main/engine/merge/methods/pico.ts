import { type Matrix, scaledRows } from '../../linalg/index.ts';
import type { AdapterUpdate, ModuleMergeMethod } from '../merge-method.ts';
import { type CoreSpace, coreSpaceOf } from '../spaces/core-basis.ts';
import { cutMatrix, cutProduct, energyOf } from '../spaces/cut-rank.ts';
import { DeltaRows } from '../spaces/delta.ts';
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
    const cut = rankCut(parameters, Math.max(...updates.map(({ rank }) => rank)));
    const space = coreSpaceOf(updates, context);
    const norms = space.cores.map((core) => Math.sqrt(energyOf(core.data)));
    const mean = norms.reduce((sum, norm) => sum + norm, 0) / norms.length;
    const factorOf = (merged: ArrayLike<number>) => {
      const norm = Math.sqrt(energyOf(merged));
      return parameters['energy_compensation'] === true && norm > 0 ? mean / Math.max(norm, 1e-8) : 1;
    };
    const damping = dampingOf(space.leftCoordinates);
    if (merger.axisFree?.(values) === true) {
      // Row j of a core belongs to direction j.
      const cores = space.cores.map((core) => scaledRows(core, damping));
      const { shape, data } = merger.mergeMatrices(cores, weights, lists, drawsOf);
      const lifted = space.lift({ shape, data });
      return clampFactors(cutProduct({ ...lifted, scaling: factorOf(data) }, cut), parameters);
    }
    const deltas = calibrated(updates, space, damping).map((update) => new DeltaRows(update));
    const { data, shape } = merger.mergeMatrices(deltas, weights, lists, drawsOf);
    const scaled = new Float64Array(data);
    const factor = factorOf(data);
    for (let at = 0; at < scaled.length; at++) scaled[at] = factor * (scaled[at] ?? 0);
    return clampFactors(
      cutMatrix({ shape, data: scaled }, cut, () => context.random('pico/svd')),
      parameters,
    );
  },
};

/** α of each direction of the outputs. */
function dampingOf(leftCoordinates: readonly Matrix[]): Float64Array {
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
  return squares.map((square) => 1 / (1 + ((leftCoordinates.length - 1) * square) / total));
}

/** The updates with (I + U·diag(α − 1)·Uᵀ)·B in place of B. */
function calibrated(
  updates: readonly AdapterUpdate[],
  { leftCoordinates, combineLeft }: CoreSpace,
  damping: Float64Array,
): AdapterUpdate[] {
  return updates.map((update, index) => {
    const coordinates = leftCoordinates[index];
    if (coordinates === undefined) return update;
    // B·√|scaling| is in the coordinates; A keeps the rest.
    return { ...update, b: combineLeft(scaledRows(coordinates, damping)), scaling: rootOf(update, 'a') };
  });
}
