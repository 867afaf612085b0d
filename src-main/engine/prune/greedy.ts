import type { PruneDeclaration } from '../../../src-shared/domain/prune.ts';
import { checkedParameters } from '../checked-parameters.ts';
import { calibrationParameters, keptUnitsParameter, unitParameter } from './parameters.ts';
import { keepModules, type PruneMethod } from './prune-method.ts';
import { modulesOf, type PruneUnit, unitsOf } from './units.ts';

const declaration: PruneDeclaration = {
  id: 'greedy',
  label: 'Greedy',
  summary: 'Removes, one after the other, the layer or module without which the adapter scores best.',
  parameters: [keptUnitsParameter, unitParameter, ...calibrationParameters],
  data: true,
  patterns: [],
  grid: {
    parameter: 'keep',
    values: [],
    label: '{value} kept greedily',
    percent: false,
    axis: 'layers or modules that keep their adapters',
    unchanged: null,
  },
};

/**
 * Backward elimination: n units down to k take n + (n − 1) + … + (k + 1) evaluations of the calibration examples. Of equal scores
 * the unit nearest the input goes.
 */
export const greedy: PruneMethod = {
  declaration,
  async prune(state, description, given, { data, progress }) {
    const parameters = checkedParameters(declaration, given);
    const all = unitsOf(state, description, parameters['unit']);
    const keep = Number(parameters['keep']);
    const calibration = await data();
    const kept = new Set(all);
    const removed: string[] = [];
    const total = Math.max(0, (all.length * (all.length + 1)) / 2 - (keep * (keep + 1)) / 2);
    let done = 0;
    while (kept.size > keep) {
      let best: { unit: PruneUnit; score: number } | null = null;
      for (const unit of kept) {
        await progress('Removing units', done++, total);
        const score = await calibration.score(
          modulesOf(
            state,
            all,
            [...kept].filter((other) => other !== unit),
          ),
        );
        if (best === null || score > best.score) best = { unit, score };
      }
      if (best === null) break;
      kept.delete(best.unit);
      removed.push(`${best.unit.name} (${best.score.toFixed(4)})`);
    }
    const note =
      removed.length === 0 ? 'Nothing was removed.' : `Removed, with the score after each: ${removed.join(', ')}.`;
    return { ...keepModules(state, modulesOf(state, all, kept)), note };
  },
};
