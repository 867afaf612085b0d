import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { calibrationParameters, keptUnitsParameter, unitParameter } from './parameters.ts';
import { keepModules, type PruneMethod } from './prune-method.ts';
import { modulesOf, unitsOf } from './units.ts';

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
 * Backward elimination: n units down to k take n + (n − 1) + … + (k + 1) evaluations of the calibration examples, which
 * share the layers below the unit that is left out. Among equal scores, the unit nearest the input goes.
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
    while (kept.size > keep) {
      const units = [...kept];
      const rests = units.map((unit) =>
        modulesOf(
          state,
          all,
          units.filter((other) => other !== unit),
        ),
      );
      const scores = await calibration.score(rests, (done, total) => progress('Removing units', done, total));
      const highest = Math.max(...scores);
      const unit = units[scores.indexOf(highest)];
      // Without a number nothing is best.
      if (unit === undefined) break;
      kept.delete(unit);
      removed.push(`${unit.name} (${highest.toFixed(4)})`);
    }
    const note =
      removed.length === 0 ? 'Nothing was removed.' : `Removed, with the score after each: ${removed.join(', ')}.`;
    return { ...keepModules(state, modulesOf(state, all, kept)), note };
  },
};
