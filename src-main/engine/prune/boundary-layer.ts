import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { calibrationParameters } from './parameters.ts';
import { keepModules, type PruneMethod } from './prune-method.ts';
import { modulesOf, unitsOf } from './units.ts';

const declaration: PruneDeclaration = {
  id: 'boundary-layer',
  label: 'Boundary layer',
  summary: 'Keeps the adapters of the layers up to a boundary, above which they add nothing to the score.',
  paper: {
    title: 'Not All LoRA Parameters Are Essential: Insights on Inference Necessity',
    url: 'https://arxiv.org/abs/2503.23360',
  },
  parameters: [
    {
      name: 'tolerance',
      label: 'Tolerance',
      type: 'number',
      default: 0,
      minimum: 0,
      maximum: 1,
      step: 0.005,
      help: 'How much of the best score may be given up for a lower boundary: a share of right answers, or nats of loss.',
    },
    ...calibrationParameters,
  ],
  data: true,
  patterns: [{ label: 'Up to the boundary layer', parameters: {}, usual: false }],
  grid: {
    parameter: 'tolerance',
    values: [],
    label: 'Boundary within {value} of the best score',
    percent: false,
    axis: 'score that may be given up',
    unchanged: null,
  },
};

/**
 * Searches the boundary on calibration examples, as the paper's abstract describes it: with n adapted layers, n scores
 * with the first 1, …, n of them on. The lowest boundary counts whose score is at least the best less the
 * tolerance. Modules outside the layers stay.
 */
export const boundaryLayer: PruneMethod = {
  declaration,
  async prune(state, description, given, { data, progress }) {
    const { tolerance } = checkedParameters(declaration, given);
    const layers = unitsOf(state, description, 'layer');
    const upTo = layers.map((_, index) => modulesOf(state, layers, layers.slice(0, index + 1)));
    const calibration = await data();
    const scores = await calibration.score(upTo, (done, total) => progress('Searching the boundary', done, total));
    const wanted = Math.max(...scores) - Number(tolerance) - 1e-12;
    // All layers stay where a score is not a number: no boundary is known then.
    const kept = upTo[scores.findIndex((score) => score >= wanted)] ?? new Set(state.modules.keys());
    const shown = layers.map(({ name }, index) => `${name} ${(scores[index] ?? Number.NaN).toFixed(4)}`);
    return { ...keepModules(state, kept), note: `Scores with the adapters up to a layer: ${shown.join(', ')}.` };
  },
};
