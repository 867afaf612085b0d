import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { type MaskChoice, maxExactGroups } from '../../../src-shared/domain/evaluation/mask-table.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import {
  chosenMasks,
  maskOf,
  neighbors,
  resolvedChoice,
  sampledPermutations,
} from '../../../src-shared/statistics/mask-choice.ts';
import { permutationValues, type Worth } from '../../../src-shared/statistics/sampled-shapley.ts';
import { banzhafValues, shapleyValues } from '../../../src-shared/statistics/shapley.ts';
import { calibrationParameters, keptUnitsParameter, unitParameter } from './parameters.ts';
import { keepModules, type PruneMethod } from './prune-method.ts';
import { highest, modulesOf, unitsOf } from './units.ts';

const declaration: PruneDeclaration = {
  id: 'contribution',
  label: 'Contribution',
  summary: 'Keeps the layers or modules that contribute most to the score.',
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
        { value: 'shapley', label: 'Shapley value: its share of what all add together' },
        { value: 'banzhaf', label: 'Banzhaf value: what it adds to a random half of the others' },
      ],
      help: `How the contribution of a unit is measured. Shapley and Banzhaf values evaluate every subset of up to ${maxExactGroups} units.`,
    },
    {
      name: 'budget',
      label: 'Budget',
      type: 'integer',
      default: 1000,
      minimum: 2,
      maximum: 1_000_000,
      step: 500,
      unit: 'subsets',
      help: `Subsets that Shapley values of more than ${maxExactGroups} units are sampled from, by antithetic permutations.`,
      advanced: true,
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

/** Contributions to v, the score on the calibration examples with only some units on, as the contribution study has them. */
export const contribution: PruneMethod = {
  declaration,
  async prune(state, description, given, { data, progress }) {
    const parameters = checkedParameters(declaration, given);
    const all = unitsOf(state, description, parameters['unit']);
    const { masks, valuesOf } = measured(String(parameters['measure']), all.length, {
      kind: 'auto',
      budget: Number(parameters['budget']),
      antithetic: true,
      seed: Number(parameters['seed']),
    });
    const sets = masks.map((mask) =>
      modulesOf(
        state,
        all,
        all.filter((_, unit) => mask[unit] === '1'),
      ),
    );
    const calibration = await data();
    const scores = await calibration.score(sets, (done, total) => progress('Measuring contributions', done, total));
    const byMask = new Map(masks.map((mask, place) => [mask, scores[place] ?? Number.NaN]));
    const contributions = valuesOf((mask) => byMask.get(mask) ?? Number.NaN);
    const values = new Map(all.map((unit, place) => [unit, contributions[place] ?? Number.NaN]));
    const kept = highest(values, Number(parameters['keep']));
    const shown = [...values].map(([{ name }, value]) => `${name} ${value.toFixed(4)}`);
    return { ...keepModules(state, modulesOf(state, all, kept)), note: `Contributions: ${shown.join(', ')}.` };
  },
};

interface Measured {
  readonly masks: readonly string[];
  valuesOf(worth: Worth): number[];
}

/** The masks that a measure needs, and what it makes of their scores. @throws StudioError refused for too many units */
function measured(measure: string, units: number, sampling: MaskChoice & { kind: 'auto' }): Measured {
  const [none, all] = ['0'.repeat(units), '1'.repeat(units)];
  if (measure === 'alone')
    return {
      masks: [none, ...neighbors(none)],
      valuesOf: (worth) => neighbors(none).map((mask) => worth(mask) - worth(none)),
    };
  if (measure === 'leave-one-out')
    return {
      masks: [all, ...neighbors(all)],
      valuesOf: (worth) => neighbors(all).map((mask) => worth(all) - worth(mask)),
    };
  const exact = measure === 'shapley' ? shapleyValues : banzhafValues;
  if (units <= maxExactGroups)
    return {
      masks: chosenMasks({ kind: 'all' }, units),
      valuesOf: (worth) =>
        exact(
          Float64Array.from({ length: 2 ** units }, (_, set) => worth(maskOf(set, units))),
          units,
        ),
    };
  const choice = resolvedChoice(sampling, units);
  if (measure !== 'shapley' || choice.kind !== 'permutations')
    throw new StudioError(
      'refused',
      `Banzhaf values are for up to ${maxExactGroups} units, and there are ${units}.`,
      'Choose the measure shapley, which is then sampled, or the unit layer.',
    ).at('measure');
  const orders = sampledPermutations(choice, units);
  return {
    masks: chosenMasks(choice, units),
    valuesOf: (worth) => permutationValues(orders, choice.antithetic, worth).means,
  };
}
