import type { PruneDeclaration } from '../../../src-shared/domain/prune.ts';
import { checkedParameters } from '../checked-parameters.ts';
import { calibrationParameters, keptUnitsParameter, unitParameter } from './parameters.ts';
import { keepModules, type PruneMethod } from './prune-method.ts';
import { highest, modulesOf, unitsOf } from './units.ts';

const declaration: PruneDeclaration = {
  id: 'contribution',
  label: 'Contribution',
  summary: 'Keeps the layers or modules that contribute most to the score, each measured by itself.',
  parameters: [
    keptUnitsParameter,
    unitParameter,
    {
      name: 'measure',
      label: 'Measure',
      type: 'choice',
      default: 'leave-one-out',
      choices: [
        { value: 'leave-one-out', label: 'Leave one out: what the score loses without it' },
        { value: 'alone', label: 'Alone: what it adds to the base' },
      ],
      help: 'How the contribution of a unit is measured.',
    },
    ...calibrationParameters,
  ],
  data: true,
  patterns: [],
  grid: {
    parameter: 'keep',
    values: [],
    label: '{value} kept by contribution',
    percent: false,
    axis: 'layers or modules that keep their adapters',
    unchanged: null,
  },
};

/** Contribution of unit i: v(all) − v(all without i), or v(i alone) − v(none), v the score on the calibration examples. */
export const contribution: PruneMethod = {
  declaration,
  async prune(state, description, given, { data, progress }) {
    const parameters = checkedParameters(declaration, given);
    const all = unitsOf(state, description, parameters['unit']);
    const calibration = await data();
    const isAlone = parameters['measure'] === 'alone';
    const reference = await calibration.score(modulesOf(state, all, isAlone ? [] : all));
    const values = new Map<(typeof all)[number], number>();
    for (const [place, unit] of all.entries()) {
      await progress('Measuring contributions', place, all.length);
      const rest = all.filter((other) => other !== unit);
      const score = await calibration.score(modulesOf(state, all, isAlone ? [unit] : rest));
      values.set(unit, isAlone ? score - reference : reference - score);
    }
    const kept = highest(values, Number(parameters['keep']));
    const shown = [...values].map(([{ name }, value]) => `${name} ${value.toFixed(4)}`);
    return { ...keepModules(state, modulesOf(state, all, kept)), note: `Contributions: ${shown.join(', ')}.` };
  },
};
