import type { PruningResult } from '../../../src-shared/studies/adapters/pruning-schemas.ts';
import type {
  InterpolationCurve,
  InterpolationResult,
} from '../../../src-shared/studies/interpolation/interpolation-schemas.ts';
import type { MergingResult } from '../../../src-shared/studies/merging/merging-schemas.ts';

const alone = (value: number) => ({ value, low: null, high: null });
const curve = (
  method: string,
  accuracies: readonly [number, number, number],
  losses: readonly [number, number, number],
  [accuracyBarrier, lossBarrier]: readonly [number, number],
): InterpolationCurve => ({
  method,
  points: [0, 0.5, 1].map((lambda, at) => ({ lambda, accuracy: accuracies[at] ?? 0, loss: losses[at] ?? 0 })),
  barriers: {
    accuracy: { line: alone(accuracyBarrier), mean: alone(accuracyBarrier), at: 0.5 },
    loss: { line: alone(lossBarrier), mean: alone(lossBarrier), at: 0.5 },
  },
  againstEnsemble: null,
});

/** Results small enough to be worked by hand. */
export const interpolationResult: InterpolationResult = {
  kind: 'interpolation',
  examples: 100,
  metric: 'accuracy',
  pairs: [
    {
      label: 'LoRA',
      name: '',
      coto: false,
      curves: [
        curve('factor-average', [0.7, 0.6, 0.72], [1, 1.5, 1], [0.11, 0.5]),
        curve('weight-average', [0.7, 0.69, 0.72], [1, 1.1, 1], [0.02, 0.1]),
      ],
    },
    {
      label: 'LoRA + CoTo',
      name: '',
      coto: true,
      curves: [
        curve('factor-average', [0.73, 0.71, 0.73], [0.9, 1, 0.9], [0.02, 0.1]),
        curve('weight-average', [0.73, 0.72, 0.73], [0.9, 0.95, 0.9], [0.01, 0.05]),
      ],
    },
  ],
};

const pruned = (
  label: string,
  coto: boolean,
  seed: number,
  [unpruned, everyOther, low, half]: [number, number, number, number],
): PruningResult['adapters'][number] => ({
  label,
  coto,
  seed,
  unpruned: { accuracy: unpruned, loss: 1 },
  patterns: [
    { label: 'Every other layer', method: 'every-other-layer', parameters: {}, accuracy: everyOther, loss: 1 },
    { label: 'Low third', method: 'layer-third', parameters: { third: 'low' }, accuracy: low, loss: 1 },
  ],
  grids: [
    {
      method: 'magnitude',
      label: 'Magnitude',
      parameter: 'sparsity',
      parameters: {},
      axis: 'factor entries set to zero',
      percent: true,
      unchanged: 0,
      points: [{ value: 0.5, label: '50 % zeroed', kept: 10, total: 20, accuracy: half, loss: 1 }],
    },
  ],
});
export const pruningResult: PruningResult = {
  kind: 'pruning',
  examples: 100,
  metric: 'accuracy',
  adapters: [
    pruned('LoRA', false, 1, [0.7, 0.6, 0.5, 0.4]),
    pruned('LoRA', false, 2, [0.72, 0.62, 0.52, 0.42]),
    pruned('LoRA + CoTo', true, 1, [0.73, 0.7, 0.6, 0.5]),
    pruned('LoRA + CoTo', true, 2, [0.73, 0.7, 0.64, 0.5]),
  ],
};

export const mergingResult: MergingResult = {
  kind: 'merging',
  examples: 100,
  metric: 'accuracy',
  groups: [
    {
      label: 'LoRA',
      coto: false,
      alone: [
        { accuracy: 0.7, loss: 1 },
        { accuracy: 0.72, loss: 1 },
      ],
      merged: [
        { method: 'factor-average', accuracy: 0.65, loss: 1 },
        { method: 'ensemble', accuracy: 0.73, loss: 1 },
      ],
      placebos: [],
    },
    {
      label: 'LoRA + CoTo',
      coto: true,
      alone: [
        { accuracy: 0.73, loss: 1 },
        { accuracy: 0.73, loss: 1 },
      ],
      merged: [
        { method: 'factor-average', accuracy: 0.72, loss: 1 },
        { method: 'ensemble', accuracy: 0.74, loss: 1 },
      ],
      placebos: [],
    },
  ],
};
